"""Time a training step of netcli: `step_netcli.py NET BATCH SECONDS`."""

from __future__ import annotations

import sys
import time

import llvmlite
import numpy as np
from nets import NETS, Layer
from pydantic import TypeAdapter
from timing import report, timed, together

import netcli
from netcli.config.model import ModelSettings
from netcli.executors.executor import initial_state
from netcli.executors.llvm import LlvmExecutor
from netcli.graph import TensorType
from netcli.layers.stack import Inputs, build_model
from netcli.optimizers.optimizer import OPTIMIZERS
from netcli.optimizers.schedules.schedule import SCHEDULES
from netcli.optimizers.step import Rule, training_step
from netcli.passes import optimize


def written(layer: Layer) -> object:
    """A layer as a config has it."""
    match layer:
        case ("conv", filters, kernel, padding, stride, groups, bias):
            settings = {
                "filters": filters,
                "kernel": kernel,
                "padding": padding,
                "stride": stride,
                "groups": groups,
                "bias": bias,
            }
            return {"conv": settings}
        case ("dense", units):
            return {"dense": units}
        case ("relu", limit):
            return {"relu": {"max": limit or None}}
        case ("residual", layers, shortcut):
            return {"residual": {"layers": [*map(written, layers)], "shortcut": [*map(written, shortcut)]}}
    return {"pool": {"maxpool": 2}, "flat": "flatten", "mean": "global_avgpool", "norm": "batchnorm"}[layer[0]]


def main(net: str, batch: int, seconds: float) -> None:
    """Train on random data, gathered by index as in training; the whole step, with all gradient norms that training reports."""
    shape, layers, _ = NETS[net]
    stack = TypeAdapter(ModelSettings).validate_python({"layers": [*map(written, layers), "softmax", "cross_entropy"]})
    ones = np.ones((1,) * len(shape))
    inputs = Inputs(TensorType(shape, "float32", True), TensorType((), "int32", True), 10, 1.0, ones * 0, ones)
    model = build_model(stack.layers, inputs)
    rule = Rule(OPTIMIZERS.members["sgd"](lr=0.01, momentum=0.9), SCHEDULES.members["constant"](), 100, 100)
    network = model.training
    graph = optimize(
        training_step(network.objective, network.outputs, model.parameters, model.step, rule, dict(network.updates))
    )
    executor = LlvmExecutor()
    begun = time.perf_counter()
    program = executor.compile(graph, ("loss", "grad_norm"))
    program.prepare(batch)
    compiling = (time.perf_counter() - begun) * 1e3
    generator = np.random.default_rng(0)
    data = {
        "input": generator.normal(size=(batch, *shape)).astype(np.float32),
        "target": generator.integers(0, 10, batch).astype(np.int32),
    }
    state = initial_state(graph.variables, 0)

    def steps(count: int = 1) -> None:
        for _ in program.steps(state, data, [np.arange(batch)] * count):
            pass

    count = together(steps)
    version = f"netcli {netcli.__version__}, llvmlite {llvmlite.__version__}"
    report(timed(lambda: steps(count), seconds) / count, version, compile_ms=compiling)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))

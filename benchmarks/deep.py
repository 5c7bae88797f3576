"""Time what a deep network takes before its first step: `deep.py [--layers 200] [--kinds 1] [--lr 0.01] [--batch 64] [--json]`.

Convolutions of 16 channels with relu on 16×16 images, of so many kinds (kernel sizes and dilations) in mixed order, SGD with
momentum. Prints the seconds of each stage, how many kernels were compiled, and the peak memory of the process, before and after
three steps. NETCLI_CACHE names the cache: run it twice for a warm one, with an empty folder for a cold one.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from itertools import product

import numpy as np
from pydantic import TypeAdapter

from netcli.config.model import ModelSettings
from netcli.executors.executor import initial_state
from netcli.executors.llvm import LlvmExecutor, LlvmProgram
from netcli.graph import TensorType
from netcli.layers.stack import Inputs, build_model
from netcli.optimizers.optimizer import OPTIMIZERS
from netcli.optimizers.schedules.schedule import SCHEDULES
from netcli.optimizers.step import Rule, training_step
from netcli.passes import optimize

SHAPE = (16, 16, 16)
KERNELS = ((3, 3), (1, 1), (5, 5), (3, 1), (1, 3), (5, 1), (1, 5), (3, 5), (5, 3), (7, 1))
#: The kinds, the first one 3 × 3.
FORMS = [
    {"filters": SHAPE[0], "kernel": kernel, "padding": "same", "dilation": dilation}
    for dilation, kernel in product((1, 2), KERNELS)
]


def peak() -> float:
    """MiB that the process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def stack(layers: int, kinds: int) -> list[object]:
    """The layers as a config has them."""
    generator = np.random.default_rng(0)
    chosen = [FORMS[number] for number in generator.integers(0, kinds, layers)]
    return [
        *(layer for form in chosen for layer in ({"conv": form}, "relu")),
        "flatten",
        {"dense": 10},
        "softmax",
        "cross_entropy",
    ]


def measured(layers: int, kinds: int, lr: float, batch: int) -> dict[str, float]:
    """Seconds, kernels and MiB by name."""
    found: dict[str, float] = {}
    began = time.perf_counter()

    def done(stage: str) -> None:
        nonlocal began
        now = time.perf_counter()
        found[f"{stage}_s"], began = now - began, now

    ones = np.ones((1, 1, 1))
    inputs = Inputs(TensorType(SHAPE, "float32", True), TensorType((), "int32", True), 10, 1.0, ones * 0, ones)
    model = build_model(TypeAdapter(ModelSettings).validate_python({"layers": stack(layers, kinds)}).layers, inputs)
    rule = Rule(OPTIMIZERS.members["sgd"](lr=lr, momentum=0.9), SCHEDULES.members["constant"](), 100, 100)
    network = model.training
    graph = optimize(
        training_step(network.objective, network.outputs, model.parameters, model.step, rule, dict(network.updates))
    )
    done("graph")
    program = LlvmExecutor().compile(graph, ("loss", "grad_norm"))
    assert isinstance(program, LlvmProgram)
    program.prepare(batch)
    done("compile")
    found |= {"kernels_compiled": program.compiled, "peak_mib": peak()}
    generator = np.random.default_rng(0)
    data = {
        "input": generator.normal(size=(batch, *SHAPE)).astype(np.float32),
        "target": generator.integers(0, 10, batch).astype(np.int32),
    }
    list(program.steps(initial_state(graph.variables, 0), data, [np.arange(batch)] * 3))
    done("three_steps")
    return found | {"peak_with_steps_mib": peak()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=200)
    parser.add_argument("--kinds", type=int, default=1, choices=range(1, len(FORMS) + 1), metavar=f"1..{len(FORMS)}")
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = measured(chosen.layers, chosen.kinds, chosen.lr, chosen.batch)
    if chosen.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:>20} {value:.3f}" if name.endswith("_s") else f"{name:>20} {value:.0f}")


if __name__ == "__main__":
    main()

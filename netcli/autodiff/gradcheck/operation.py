"""The check of an operation on a sample of inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np

from netcli.autodiff.gradcheck.check import Check, CheckSettings, merged
from netcli.autodiff.gradcheck.function import Evaluate
from netcli.autodiff.gradcheck.graph import check_graph
from netcli.errors import GraphError
from netcli.graph import Array, Differentiable, Node, Op, Sample, placeholder
from netcli.ops import operations

#: Examples in the batch of a sample.
BATCH = 3


def check_operation(sample: Sample, evaluate: Evaluate, settings: CheckSettings | None = None) -> list[Check]:
    """Check that an operation computes what it infers and, if it is differentiable, the derivatives of every float input.

    An operation whose rules cannot be built or are missing fails, with the reason as the detail.
    """
    settings = settings or CheckSettings()
    values = sample_inputs(sample, settings.seed)
    inputs = list(values)
    y = Node(sample.op, inputs)
    row = _type_row(str(sample), y, evaluate([y], values)[0])
    floats = [(i, x) for i, x in enumerate(inputs) if x.type.is_float]
    if row.verdict == "fail" or not isinstance(sample.op, Differentiable) or not floats:
        return [row]
    names = [f"{sample}: input {i}" if len(inputs) > 1 else str(sample) for i, _ in floats]
    try:
        return [row, *check_graph(y, [x for _, x in floats], values, evaluate, settings, names)]
    except GraphError as error:
        return [row, Check(str(sample), "reverse", "fail", np.inf, np.inf, 0, error.message)]


def sample_inputs(sample: Sample, seed: int, batch: int = BATCH, label: str = "input") -> dict[Node, Array]:
    """A placeholder for every input, `LABEL NUMBER`, and its value: always the same for the same sample and seed."""
    generator = np.random.default_rng([seed, crc32(str(sample).encode())])
    return {
        placeholder(f"{label} {i}", argument.type): argument.draw(generator, batch)
        for i, argument in enumerate(sample.arguments)
    }


def check_operations(
    evaluate: Evaluate, settings: CheckSettings | None = None, classes: Sequence[type[Op]] | None = None
) -> Iterator[list[Check]]:
    """Check operations, by default every one, on all their samples: for each in turn, a row per kind, named after it."""
    for operation in operations() if classes is None else classes:
        samples = operation.samples()
        checks = [check for sample in samples for check in check_operation(sample, evaluate, settings)]
        if checks:
            yield merged(samples[0].op.name, checks)


def _type_row(name: str, y: Node, value: Array) -> Check:
    """Whether the computed value has the inferred type."""
    shape = ((BATCH,) if y.type.varying else ()) + y.shape
    agree = value.shape == shape and value.dtype == y.type.dtype
    detail = "" if agree else f"inferred {y.type}, computed {value.dtype}{list(value.shape)} for a batch of {BATCH}"
    if agree and not isinstance(y.op, Differentiable):
        detail = "not differentiable: only its type is checked"
    return Check(name, "type", "pass" if agree else "fail", 0.0, 0.0, value.size, detail)

"""PyTorch's own samples of its operations (OpInfo): values and gradients, on every executor and in every dtype that it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="compares with torch==2.13.0; it is in the extra `oracles`")
pytest.importorskip("expecttest", reason="torch's samples need it; it is in the extra `oracles`")

from leaves import Inexpressible  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402
from torch_calls import TRANSLATIONS, Call, array_of  # noqa: E402

from netcli.autodiff import gradients  # noqa: E402
from netcli.executors import EXECUTORS, executor  # noqa: E402
from netcli.graph import Array, DType, Graph, constant  # noqa: E402

pytestmark = pytest.mark.nightly

#: Relative to the number itself, and to the largest number there: float32 is rounded in each of some hundred steps by either
#: side, in another order; float64 is the same, but for inputs that are given with a few digits less.
TOLERANCES: dict[DType, tuple[float, float]] = {"float64": (1e-9, 1e-10), "float32": (1e-5, 2e-5)}
#: Variants of an operation that are another function, or the same one on another device.
OTHERS = {"complex", "without_cudnn"}


@dataclass(frozen=True)
class Sampled:
    """A sample of one of torch's operations."""

    operation: Any
    sample: Any
    dtype: DType
    number: int

    def __str__(self) -> str:
        name, variant = self.operation.name.rpartition(".")[2], self.operation.variant_test_name
        return f"{name}{'-' if variant else ''}{variant}-{self.dtype}-{self.number}"


def samples() -> Iterator[Sampled]:
    """All of them that have an element, the same ones every time."""
    for operation in op_db:
        if operation.name not in TRANSLATIONS or operation.variant_test_name in OTHERS:
            continue
        for dtype in TOLERANCES:
            torch.manual_seed(0)
            np.random.seed(0)  # torch draws with both
            drawn = operation.sample_inputs("cpu", getattr(torch, dtype), requires_grad=True)
            for number, sample in enumerate(drawn):
                if sample.input.numel():
                    yield Sampled(operation, sample, dtype, number)


SAMPLES = list(samples())


def test_every_translation_has_samples() -> None:
    assert {sampled.operation.name for sampled in SAMPLES} == set(TRANSLATIONS)


@pytest.mark.parametrize(
    ("sampled", "name"),
    [(sampled, name) for sampled in SAMPLES for name in EXECUTORS if (name, sampled.dtype) != ("llvm", "float64")],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
def test_sample(sampled: Sampled, name: str) -> None:
    sample, dtype = sampled.sample, sampled.dtype
    names, translation = TRANSLATIONS[sampled.operation.name]
    call = Call(dtype)
    try:
        node, layout = translation(call, sample.input, {**dict(zip(names, sample.args, strict=False)), **sample.kwargs})
    except Inexpressible as error:
        pytest.skip(f"netcli has no such thing: {error}")
    result = sampled.operation(sample.input, *sample.args, **sample.kwargs)
    result = result[0] if isinstance(result, tuple) else result
    cotangent = torch.randn(result.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64).to(result.dtype)
    weight = layout(array_of(cotangent))
    seed = call.leaves.varying(weight, node.type.dtype) if node.type.varying else constant(weight, node.type.dtype)
    wanted = [leaf for leaf, _, _ in call.wanted]
    derivatives = gradients([node], wanted, [seed], unconnected="zero")
    outputs = {"y": node, **{f"d{place}": derivative for place, derivative in enumerate(derivatives)}}
    if name == "llvm" and any(each.type.dtype == "float64" for each in Graph(outputs).nodes):
        pytest.skip("the llvm executor computes in float32")
    found = call.leaves.run(executor(name), outputs)
    close(found["y"], layout(array_of(result)), dtype, "the value")
    tensors = [tensor for _, tensor, _ in call.wanted]
    expected = torch.autograd.grad(result, tensors, cotangent, allow_unused=True)
    for place, ((_, tensor, of), gradient) in enumerate(zip(call.wanted, expected, strict=True)):
        there = torch.zeros_like(tensor) if gradient is None else gradient
        close(found[f"d{place}"], of(array_of(there)), dtype, f"the gradient of input {place}")


def close(found: Array, expected: Array, dtype: DType, what: str) -> None:
    """Raises AssertionError."""
    relative, absolute = TOLERANCES[dtype]
    finite = np.abs(expected[np.isfinite(expected)])
    scale = max(1.0, finite.max(initial=0.0))
    np.testing.assert_allclose(found, expected, rtol=relative, atol=absolute * scale, equal_nan=True, err_msg=what)

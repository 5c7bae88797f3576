"""ONNX's backend tests: models of one or several operators, with inputs and outputs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="compares with ONNX's backend tests; it is in the extra `oracles`")

from leaves import Inexpressible  # noqa: E402
from onnx.backend.test.loader import load_model_tests  # noqa: E402
from onnx_nodes import TRANSLATIONS, translated  # noqa: E402

from netcli.executors import EXECUTORS, executor  # noqa: E402
from netcli.graph import Array  # noqa: E402

pytestmark = pytest.mark.nightly

#: The collections of tests that ONNX comes with; those that it would download are left out.
KINDS = ("node", "pytorch-operator", "pytorch-converted", "simple")


def model_of(case: Any) -> Any:
    """The model of a test, which may be a file."""
    return case.model if case.model is not None else onnx.load(str(Path(case.model_dir) / "model.onnx"))


def cases() -> Iterator[Any]:
    """The tests whose operators are all translated."""
    for kind in KINDS:
        with warnings.catch_warnings(action="ignore"):  # ONNX computes what some of its tests expect, with overflows
            loaded = load_model_tests(kind=kind)
        for case in loaded:
            operators = {node.op_type for node in model_of(case).graph.node} - {"Constant"}
            if operators and operators <= set(TRANSLATIONS):
                yield case


CASES = list(cases())


def data_of(case: Any) -> Iterator[tuple[list[Array], list[Array]]]:
    """Inputs and outputs, once or several times."""
    if case.data_sets:
        for inputs, outputs in case.data_sets:
            yield [*map(array_of, inputs)], [*map(array_of, outputs)]
        return
    for folder in sorted(Path(case.model_dir).glob("test_data_set_*")):
        yield saved(folder, "input"), saved(folder, "output")


def saved(folder: Path, what: str) -> list[Array]:
    """The arrays of files such as `input_0.pb`."""
    paths = sorted(folder.glob(f"{what}_*.pb"), key=lambda path: int(path.stem.rpartition("_")[2]))
    return [array_of(onnx.TensorProto.FromString(path.read_bytes())) for path in paths]


def array_of(value: Any) -> Array:
    """An array, whether it is one or a message."""
    return onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)


def test_every_translation_has_cases() -> None:
    used = {node.op_type for case in CASES for node in model_of(case).graph.node}
    assert set(TRANSLATIONS) <= used


@pytest.mark.parametrize("name", EXECUTORS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.removeprefix("test_"))
def test_backend(case: Any, name: str) -> None:
    """Within the tolerances that the test itself gives."""
    compared = 0
    for inputs, outputs in data_of(case):
        compared += compare(case, name, inputs, outputs)
    assert compared


def compare(case: Any, name: str, inputs: Sequence[Array], outputs: Sequence[Array]) -> int:
    """Compare all outputs of a model; how many there were."""
    try:
        leaves, results = translated(model_of(case), inputs)
    except Inexpressible as error:
        pytest.skip(f"netcli has no such thing: {error}")
    if name == "llvm" and leaves.dtype == "float64":
        pytest.skip("the llvm executor computes in float32")
    found = leaves.run(executor(name), {str(place): result.node for place, result in enumerate(results)})
    for place, (result, expected) in enumerate(zip(results, outputs, strict=True)):
        laid = result.layout(expected)
        np.testing.assert_allclose(found[str(place)].reshape(laid.shape), laid, rtol=case.rtol, atol=case.atol)
    return len(outputs)

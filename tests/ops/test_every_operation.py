"""What holds for every operation, on all its samples."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.cases import OP_CASES
from support.members import OpCase

import netcli.ops
from netcli.autodiff.gradcheck import check_operation
from netcli.errors import GraphError
from netcli.executors.numpy import values_of
from netcli.graph import Argument, Array, DType, Graph, Node, Op, Sample, TensorType, placeholder, text
from netcli.ops import operations
from netcli.ops.random_uniform import RandomUniform

CLASSES = operations()
SAMPLES = [sample for operation in CLASSES for sample in operation.samples()]
every_class = pytest.mark.parametrize("operation", CLASSES, ids=lambda operation: operation.__name__)
VARYING = [sample for sample in SAMPLES if sample.op.infer(*(argument.type for argument in sample.arguments)).varying]
#: Random numbers belong to a position in the batch.
PERMUTABLE = [sample for sample in SAMPLES if not isinstance(sample.op, RandomUniform)]
every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


def with_floats(sample: Sample, dtype: DType) -> Sample:
    """The sample with its float inputs in another dtype."""
    arguments = [
        dataclasses.replace(argument, type=dataclasses.replace(argument.type, dtype=dtype))
        if argument.type.is_float
        else argument
        for argument in sample.arguments
    ]
    return Sample(sample.op, tuple(arguments))


def draw(sample: Sample, batch: int) -> list[Array]:
    generator = np.random.default_rng(7)
    return [argument.draw(generator, batch) for argument in sample.arguments]


def infer(sample: Sample) -> TensorType:
    return sample.op.infer(*(argument.type for argument in sample.arguments))


def expected_shape(type_: TensorType, batch: int) -> tuple[int, ...]:
    return ((batch,) if type_.varying else ()) + type_.shape


@every_sample
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_value_has_the_inferred_type(sample: Sample, dtype: DType) -> None:
    sample = with_floats(sample, dtype)
    inferred = infer(sample)
    for batch in (1, 2, 5):
        value = np.asarray(sample.op.forward(np, *draw(sample, batch)))
        assert value.shape == expected_shape(inferred, batch)
        assert value.dtype == inferred.dtype


@every_sample
def test_inputs_are_left_as_they_were(sample: Sample) -> None:
    arrays = draw(sample, 3)
    for array in arrays:
        array.flags.writeable = False
    before = [array.copy() for array in arrays]
    sample.op.forward(np, *arrays)
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("sample", VARYING, ids=str)
def test_an_example_does_not_depend_on_the_others(sample: Sample) -> None:
    arrays, others = draw(sample, 4), [argument.draw(np.random.default_rng(8), 4) for argument in sample.arguments]
    for argument, array, other in zip(sample.arguments, arrays, others, strict=True):
        if argument.type.varying:
            other[2] = array[2]
        else:
            other[...] = array
    one, two = (sample.op.forward(np, *given) for given in (arrays, others))
    np.testing.assert_allclose(one[2], two[2], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("sample", PERMUTABLE, ids=str)
def test_the_order_of_the_batch_does_not_matter(sample: Sample) -> None:
    order = [3, 0, 2, 1]
    arrays = draw(sample, 4)
    permuted = [
        array[order] if argument.type.varying else array for argument, array in zip(sample.arguments, arrays, strict=True)
    ]
    expected = np.asarray(sample.op.forward(np, *arrays))
    if infer(sample).varying:
        expected = expected[order]
    np.testing.assert_allclose(sample.op.forward(np, *permuted), expected, rtol=1e-13, atol=1e-13)


@every_sample
def test_derivatives(sample: Sample) -> None:
    assert [check for check in check_operation(sample, values_of) if check.verdict == "fail"] == []


@every_sample
def test_float32_is_float64_rounded(sample: Sample) -> None:
    """A result of n operations has an error of about n·ε of the size of its terms (Higham, "Accuracy and Stability", 3.1)."""
    single = with_floats(sample, "float32")
    arrays = draw(single, 3)
    value = np.asarray(single.op.forward(np, *arrays))
    wide = [array.astype("float64") if array.dtype == "float32" else array for array in arrays]
    exact = np.asarray(sample.op.forward(np, *wide))
    types = [argument.type for argument in sample.arguments]
    batch = 1 if infer(sample).varying else 3
    operations_each = batch * sample.op.flops(infer(sample), *types) / infer(sample).size
    bound = (8 + operations_each) * np.finfo("float32").eps * max(1.0, float(np.abs(exact).max()))
    np.testing.assert_allclose(value, exact, rtol=0, atol=bound)


@every_sample
def test_flops_are_counted(sample: Sample) -> None:
    flops = sample.op.flops(infer(sample), *(argument.type for argument in sample.arguments))
    assert isinstance(flops, int)
    assert flops >= 0


@every_sample
def test_text_names_operation_and_attributes(sample: Sample) -> None:
    inputs = [placeholder(f"input{i}", argument.type) for i, argument in enumerate(sample.arguments)]
    y = Node(sample.op, inputs)
    (line,) = [line for line in text(Graph({"y": y})).splitlines() if line.startswith(f"{sample.op.name} = ")]
    called = ", ".join(f"input{i}" for i in range(len(inputs)))
    attributes = f" {sample.op.attributes}" if sample.op.attributes else ""
    assert line == f"{sample.op.name} = {sample.op.name}({called}){attributes} : {y.type}"
    assert sample.op.name in repr(y)


@every_class
def test_the_class_is_a_documented_value(operation: type[Op]) -> None:
    assert operation.samples(), "an operation without samples is tested by nothing"
    assert operation.__doc__ and not operation.__doc__.startswith(f"{operation.__name__}("), "the formula is missing"
    first, second = operation.samples()[0].op, operation.samples()[0].op
    assert (first, hash(first)) == (second, hash(second))
    for field in dataclasses.fields(operation):  # type: ignore[arg-type]
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(first, field.name, None)


@every_class
def test_attributes_tell_operations_of_a_class_apart(operation: type[Op]) -> None:
    different = {sample.op for sample in operation.samples()}
    assert len({op.attributes for op in different}) == len(different)


def test_names_tell_operations_apart() -> None:
    names = [operation.samples()[0].op.name for operation in CLASSES]
    assert len(set(names)) == len(names)


def test_every_class_of_the_folder_is_found() -> None:
    """Read from the source: each frozen dataclass with a `forward` is an operation."""
    folder = Path(netcli.ops.__file__).parent
    written = {
        node.name
        for file in folder.glob("*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef)
        and node.decorator_list
        and any(isinstance(member, ast.FunctionDef) and member.name == "forward" for member in node.body)
    }
    assert {operation.__name__ for operation in CLASSES} == written


def wrong_types(sample: Sample) -> Iterator[list[TensorType]]:
    """The types of the sample with one of them changed: another rank, length, dtype, or varying for uniform."""
    types = [argument.type for argument in sample.arguments]
    for i, given in enumerate(types):
        shapes = [(), (*given.shape, 2), (2, *given.shape), given.shape[1:]]
        shapes += [(*given.shape[:j], n + 1, *given.shape[j + 1 :]) for j, n in enumerate(given.shape)]
        changed = [given.with_shape(shape) for shape in shapes if shape != given.shape]
        changed.append(dataclasses.replace(given, varying=not given.varying))
        changed += [
            dataclasses.replace(given, dtype=dtype) for dtype in ("float32", "int32", "uint8", "bool") if dtype != given.dtype
        ]
        yield from ([*types[:i], other, *types[i + 1 :]] for other in changed)


@every_sample
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # integers of any size in exponentials
def test_other_types_are_refused_or_computed(sample: Sample) -> None:
    """What cannot be is refused, with the types in the message; what is not refused has the type that was inferred."""
    generator = np.random.default_rng(3)
    refused = 0
    for types in wrong_types(sample):
        try:
            inferred = sample.op.infer(*types)
        except GraphError as error:
            assert any(str(given) in error.message or str(given.shape) in error.message for given in types), error.message
            refused += 1
            continue
        value = np.asarray(sample.op.forward(np, *(Argument(given, 0.5, 2).draw(generator, 3) for given in types)))
        assert (value.shape, value.dtype) == (expected_shape(inferred, 3), inferred.dtype), types
    assert (refused == 0) == OP_CASES.get(sample.op.name, OpCase()).takes_every_type

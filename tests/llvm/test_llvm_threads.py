"""The same bits on any number of threads, in however many calls, resumed or not; and nothing is written outside the memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pytest
from elements import RUNNABLE
from support.networks import first_state, model_of
from support.training import rule_of, step_of

from netcli.executors import State, executor
from netcli.executors.llvm import LlvmExecutor, LlvmProgram, loaded, plan
from netcli.graph import Array, Graph, Node, TensorType, placeholder, variable
from netcli.layers.stack import Model
from netcli.ops import random_uniform
from netcli.ops.random_uniform import RandomUniform
from netcli.passes import optimize

STACK = """[random_shift: 2, random_flip: both, conv: {filters: 5, padding: same, bias: false}, batchnorm, relu, maxpool: 2,
  dropout: 0.4, flatten, dense: 33, tanh, dropout: 0.3, dense: 3, softmax, cross_entropy]"""
#: Enough blocks for two rounds and groups of several, with chunks that are not full; empty lanes; one example; the first again.
SIZES = (700, 700, 137, 17, 1, 700)


@cache
def model() -> Model:
    """Reductions over the batch between layers, padding, wide and narrow loops."""
    return model_of(STACK, (2, 8, 7), classes=3, dtype="float32", input_dtype="uint8")


@cache
def graph() -> Graph:
    """Its training step, with clipping: all gradients depend on all others."""
    return optimize(step_of(model(), rule_of("adam: 0.01", clip_norm=0.5)))


@cache
def data() -> dict[str, Array]:
    """700 random pictures."""
    generator = np.random.default_rng(0)
    return {
        "input": generator.integers(0, 256, (700, 2, 8, 7)).astype("uint8"),
        "target": generator.integers(0, 3, 700).astype("int32"),
    }


def batches() -> list[Array]:
    """Each of other examples."""
    generator = np.random.default_rng(5)
    return [generator.permutation(700)[:size] for size in SIZES]


def start() -> State:
    """Before training."""
    return first_state(model(), 4, graph())


def trained(threads: int, calls: Sequence[slice] = (slice(None),), *, copies: bool = False) -> dict[str, bytes]:
    """All bits of all steps' outputs and of the state after them."""
    state, program = start(), LlvmExecutor(threads).compile(graph(), ["loss"])
    found: dict[str, bytes] = {}
    for call in calls:
        if copies:  # as another process would resume
            state, program = state.copy(), LlvmExecutor(threads).compile(graph(), ["loss"])
        for outputs in program.steps(state, data(), batches()[call]):
            step = sum(name.endswith(" loss") for name in found)
            found |= {f"{step} {name}": value.tobytes() for name, value in outputs.items()}
    return found | {name: value.tobytes() for name, value in state.values.items()}


@cache
def alone() -> dict[str, bytes]:
    """One thread, one call."""
    found = trained(1)
    assert f"{len(SIZES) - 1} loss" in found
    return found


def assert_same(found: dict[str, bytes], expected: dict[str, bytes]) -> None:
    """Bit for bit."""
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_on_any_number_of_threads(threads: int) -> None:
    assert_same(trained(threads), alone())


def test_in_several_calls() -> None:
    assert_same(trained(3, [slice(0, 1), slice(1, 4), slice(4, None)]), alone())


def test_resumed_in_other_programs() -> None:
    """Compiled for other largest batches: at first for 700, in the end for 16."""
    assert_same(trained(2, [slice(0, 3), slice(3, 5), slice(5, None)], copies=True), alone())


@pytest.mark.parametrize("name", [name for name in RUNNABLE if name])
def test_on_an_older_cpu(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLI_CPU", name)
    assert_same(trained(3), trained(1))


def test_many_short_steps_on_many_threads() -> None:
    """Barriers, often, with more threads than cores."""
    small = model_of("[batchnorm, dense: 3, mse]", (3,), target=(3,), dtype="float32")
    step = step_of(small, rule_of("sgd: 0.01"))
    generator = np.random.default_rng(0)
    pairs = {name: generator.normal(size=(112, 3)).astype("float32") for name in ("input", "target")}
    results = []
    for threads in (1, 7):
        state = first_state(small, 0, step)
        losses = [out["loss"].item() for out in LlvmExecutor(threads).compile(step).steps(state, pairs, [np.arange(112)] * 100)]
        results.append((losses, {name: value.tobytes() for name, value in state.values.items()}))
    assert results[0] == results[1]
    assert results[0][0][-1] < results[0][0][0]


# ------------------------------------------------------------------------------------------------------------ random numbers


def masks(step: Graph) -> dict[str, Node]:
    """The random numbers that dropouts, flips and shifts draw."""
    draws = [node for node in step.nodes if isinstance(node.op, RandomUniform)]
    return {f"mask {i}": node for i, node in enumerate(draws)}


def test_what_the_layers_draw_is_what_numpy_draws() -> None:
    wanted = Graph(masks(graph()))
    assert len(wanted.outputs) == 6
    state, feeds = start(), {"input": data()["input"][:57]}
    state.values["step"][...] = 2**31 + 5
    feeds = {label: feeds[label] for label in wanted.placeholders}
    found = LlvmExecutor(2).compile(wanted).run(state, feeds)
    for name, expected in executor("numpy").compile(wanted).run(state, feeds).items():
        assert found[name].tobytes() == expected.tobytes(), name
        assert abs(expected.mean() - 0.5) < 4 * np.sqrt(1 / 12 / expected.size)


def test_random_numbers_of_each_operation_and_shape() -> None:
    seed, step = (variable(label, (), lambda generator, shape: np.zeros(shape), dtype="uint32") for label in ("seed", "step"))
    x = placeholder("x", TensorType((2,), varying=True))
    wanted = Graph({str(i): random_uniform(seed, step, x, shape, i) for i, shape in enumerate([(), (1,), (17,), (2, 3, 5)])})
    state, feeds = (
        State({"seed": np.array(2**32 - 1, "uint32"), "step": np.array(9, "uint32")}),
        {"x": np.ones((35, 2), "float32")},
    )
    found, expected = (runner.compile(wanted).run(state, feeds) for runner in (LlvmExecutor(3), executor("numpy")))
    assert {name: value.tobytes() for name, value in found.items()} == {
        name: value.tobytes() for name, value in expected.items()
    }


# -------------------------------------------------------------------------------------------------------------------- memory

GUARD = 4096
CANARY = 0x7FC0CAFE


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Array, int, int]]]:
    """Memory with canaries before and behind: (all of it, start, length) of each piece."""
    pieces: list[tuple[Array, int, int]] = []

    def aligned(floats: int) -> Array:
        memory = np.full(floats + 2 * GUARD + 16, CANARY, np.uint32)
        start = GUARD + (-memory[GUARD:].ctypes.data // 4) % 16
        memory[start : start + floats] = 0
        pieces.append((memory, start, floats))
        return memory[start : start + floats].view(np.float32)

    monkeypatch.setattr(loaded, "_aligned", aligned)
    yield pieces


ODD = {
    "all kinds": (STACK, (2, 8, 7)),
    "strided": (
        """[conv: {filters: 17, kernel: [2, 3], padding: [0, 2], stride: [1, 2]}, relu, avgpool: {size: 2, padding: 1}, flatten,
           dense: 1, dense: 3, mse]""",
        (1, 5, 9),
    ),
    "dilated groups": (
        """[conv: {filters: 9, groups: 3, dilation: 2, padding: 3}, maxpool: {size: 3, padding: 1, stride: 2}, flatten,
           dense: 3, mse]""",
        (3, 5, 4),
    ),
    "augmented": (
        """[random_flip: both, random_shift: [4, 2], conv: {filters: 3, padding: 2}, random_shift: {pixels: 2, fill: edge},
           conv: {filters: 2, padding: same}, random_shift: 1, flatten, dense: 3, mse]""",
        (2, 5, 3),
    ),
    "vectors": ("[dense: 65, relu, dense: 31, softmax, dense: 3, softmax, cross_entropy]", (37,)),
    "one pixel": ("[conv: {filters: 2, kernel: 1}, conv: {filters: 2, padding: same}, flatten, dense: 3, mae]", (1, 1, 1)),
}


@pytest.mark.slow
@pytest.mark.parametrize(("text", "shape"), ODD.values(), ids=ODD)
def test_nothing_is_written_outside(guarded: list[tuple[Array, int, int]], text: str, shape: tuple[int, ...]) -> None:
    odd = model_of(text, shape, classes=3, dtype="float32")
    step = optimize(step_of(odd, rule_of("adam: 0.01")))
    generator = np.random.default_rng(0)
    feeds = {"input": generator.normal(size=(150, *shape)).astype("float32"), "target": np.arange(150, dtype="int32") % 3}
    program, state = LlvmExecutor(3).compile(step), first_state(odd, 0, step)
    for size in (150, 1, 33):
        list(program.steps(state, feeds, [np.arange(size)] * 2))
    assert len(guarded) == 5  # the shared memory, that of the states, and that of three threads
    assert_guarded(guarded)


def assert_guarded(pieces: list[tuple[Array, int, int]]) -> None:
    """The canaries are alive."""
    for memory, start, floats in pieces:
        assert (memory[:start] == CANARY).all()
        assert (memory[start + floats :] == CANARY).all()


# ------------------------------------------------------------------------------------------------------- a block that is alone

WIDE = """[conv: {filters: 16, kernel: [3, 2], padding: 1, stride: [2, 1]}, relu,
  conv: {filters: 24, dilation: 2, padding: same}, tanh, conv: {filters: 14, padding: same}, dropout: 0.2,
  conv: {filters: 48, groups: 2, kernel: 1}, maxpool: 2, flatten, dense: 3, softmax, cross_entropy]"""
#: Of the one program examples that fill a block, or not; the other has room for more blocks.
ALONE, ROOM = (16, 5, 1, 16), 60


@pytest.fixture
def always_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels are shared by threads however few products they have."""
    monkeypatch.setattr(plan, "_MANY_PRODUCTS", 0)


def trained_alone(threads: int, room: int) -> tuple[LlvmProgram, dict[str, bytes]]:
    """A program for so many examples, and the bits of its outputs and the state after a few steps."""
    wide = model_of(WIDE, (3, 9, 10), classes=3, dtype="float32")
    step = optimize(step_of(wide, rule_of("adam: 0.01")))
    generator = np.random.default_rng(3)
    pairs = {"input": generator.normal(size=(40, 3, 9, 10)).astype("float32"), "target": np.arange(40, dtype="int32") % 3}
    program, state = LlvmExecutor(threads).compile(step), first_state(wide, 0, step)
    assert isinstance(program, LlvmProgram)
    program.prepare(room)
    outputs = list(program.steps(state, pairs, [generator.permutation(40)[:size] for size in ALONE]))
    found = {f"{number} {name}": value.tobytes() for number, each in enumerate(outputs) for name, value in each.items()}
    return program, found | {name: value.tobytes() for name, value in state.values.items()}


@pytest.mark.usefixtures("always_shared")
@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_a_block_that_is_alone_is_shared_with_the_same_bits(
    threads: int, guarded: list[tuple[Array, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETCLI_WINOGRAD", "off")
    program, found = trained_alone(threads, 16)
    assert program._code is not None
    panels = program._code.plan.shared
    assert sorted(panels.values()) == [2, 2, 2, 3, 3, 3]  # 16 and 24 channels, forward and backward; not 3, 14, nor groups
    assert program._code.threads == min(threads, 3)
    assert_guarded(guarded)
    _, expected = trained_alone(1, ROOM)
    assert_same(found, expected)

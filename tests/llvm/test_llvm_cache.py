"""Compiled programs that are kept: a hit is the same code, and nothing that code depends on is missing from the key."""

from __future__ import annotations

import ast
import dataclasses
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import llvmlite
from support.networks import first_state, model_of
from support.runs import environment
from support.training import rule_of, step_of

import netcli
from netcli.executors import State
from netcli.executors.llvm import LlvmExecutor, LlvmProgram, code
from netcli.executors.llvm import key as key_module
from netcli.executors.llvm.calls import Call
from netcli.executors.llvm.key import SOURCES, key_of, made_with
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.schedule_text import schedule_text
from netcli.executors.llvm.target import LANES, Cpu, cpu
from netcli.graph import Array, Graph, Node, Sample, TensorType, constant, placeholder, variable
from netcli.ops import Window, avg_pool2d, batch_mean, dense, max_pool2d, random_uniform, relu, sigmoid, softmax, sum_over, tanh
from netcli.ops.elementwise import Unary


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of its own."""
    monkeypatch.setenv("NETCLI_CACHE", str(tmp_path))
    return tmp_path / "code"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans for which a driver is written from now on."""
    plans: list[Plan] = []
    driver = code.Driver

    def writing(plan: Plan, *others: object, **more: object) -> object:
        plans.append(plan)
        return driver(plan, *others, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(code, "Driver", writing)
    return plans


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls for whose kernels code is written from now on."""
    names: list[str] = []
    module = Call.module

    def writing(call: Call, *others: object) -> object:
        names.append(call.name)
        return module(call, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(Call, "module", writing)
    return names


STACK = """[conv: {filters: 3, kernel: 3, padding: same}, batchnorm, relu, maxpool: 2, flatten, dropout: 0.2, dense: 4, softmax,
    cross_entropy]"""


def small_net() -> tuple[Graph, State, dict[str, Array]]:
    """A network with most kinds of kernels, its state, data."""
    model = model_of(STACK, (1, 8, 8), classes=4, dtype="float32")
    graph = step_of(model, rule_of("adam: 0.01"))
    generator = np.random.default_rng(0)
    inputs, targets = generator.normal(size=(50, 1, 8, 8)), generator.integers(0, 4, 50)
    data = {"input": inputs.astype("float32"), "target": targets.astype("int32")}
    return graph, first_state(model, 0, graph), data


def bits(steps: list[dict[str, Array]], state: State) -> list[bytes]:
    return [step[name].tobytes() for step in steps for name in sorted(step)] + [
        state.values[name].tobytes() for name in sorted(state.values)
    ]


# ----------------------------------------------------------------------------------------------------------- hits and misses


def train(threads: int = 2) -> list[bytes]:
    """The bits of everything after three steps."""
    graph, state, data = small_net()
    steps = list(
        LlvmExecutor(threads).compile(graph, ["loss"]).steps(state, data, [np.arange(50), np.arange(20), np.arange(33)])
    )
    return bits(steps, state)


def test_code_from_the_cache_gives_the_same_bits(folder: Path, compiled: list[Plan], monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = train()
    kept = sorted(folder.iterdir())
    assert len(compiled) == 1
    assert train() == fresh
    assert train(threads=3) == fresh
    assert (len(compiled), sorted(folder.iterdir())) == (1, kept)
    monkeypatch.setenv("NETCLI_CACHE_MIB", "0")
    assert train() == fresh
    assert len(compiled) == 2


def test_another_process_finds_it(folder: Path, compiled: list[Plan]) -> None:
    """The order of Python's sets differs between processes; a plan may not."""
    program = (
        "from test_llvm_cache import small_net, key_of, Plan, cpu; graph, *_ = small_net(); "
        "print(key_of(Plan(graph, cpu(), 50), cpu(), ['loss']))"
    )
    paths = f"{Path(__file__).parent}:{Path(__file__).parents[1]}:{Path(netcli.__file__).parents[1]}"
    own = key_of(Plan(small_net()[0], cpu(), 50), cpu(), ["loss"])
    for seed in ("1", "2"):
        env = environment(PYTHONPATH=paths, PYTHONHASHSEED=seed)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True)
        assert done.stdout.strip() == own


@pytest.mark.slow
def test_two_processes_at_once(folder: Path) -> None:
    program = "from test_llvm_cache import train; print([len(each) for each in train()], hash(tuple(train())))"
    paths = f"{Path(__file__).parent}:{Path(__file__).parents[1]}:{Path(netcli.__file__).parents[1]}"
    env = environment(PYTHONPATH=paths, PYTHONHASHSEED="1", NETCLI_CACHE=str(folder.parent))
    processes = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        for _ in range(2)
    ]
    (one, problems), (other, more) = [process.communicate() for process in processes]
    assert (problems, more) == ("", "")
    assert one == other != ""
    assert {path.suffix for path in folder.iterdir()} == {".code"}


@pytest.mark.slow
@pytest.mark.parametrize("damage", [b"", b"netcli 1", b"\x7fELF" * 100, None], ids=["empty", "head", "foreign", "cut"])
def test_a_damaged_entry_is_compiled_again(
    folder: Path, compiled: list[Plan], damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """The entry of the program, and those of all its kernels."""
    fresh = train()
    whole = {entry: entry.read_bytes() for entry in folder.iterdir()}
    for entry, held in whole.items():
        entry.write_bytes(held[:-100] if damage is None else damage)
    assert train() == fresh
    assert len(compiled) == 2
    assert caplog.text.count("is damaged") == len(whole)
    assert train() == fresh
    assert len(compiled) == 2
    assert {entry: len(entry.read_bytes()) for entry in folder.iterdir()} == {entry: len(held) for entry, held in whole.items()}


def test_kernels_are_shared_between_networks(folder: Path, written: list[str]) -> None:
    """Of a network with more layers only what is new is compiled: of layers that are known, the sum for the norm of all."""

    def prepared(layers: str) -> int:
        model = model_of(f"[{layers} flatten, dense: 4, softmax, cross_entropy]", (3, 8, 8), classes=4, dtype="float32")
        program = LlvmExecutor(2).compile(step_of(model, rule_of("sgd: 0.01")), ["loss"])
        program.prepare(40)
        assert isinstance(program, LlvmProgram)
        assert program.compiled == len(written)
        written.clear()
        return program.compiled

    convolution = "conv: {filters: 3, kernel: 3, padding: same}, relu,"
    one, two, three = (prepared(convolution * layers) for layers in (1, 2, 3))
    assert one > two > three
    assert [prepared(convolution * layers) for layers in (5, 20, 3)] == [1, 1, 0]


def test_without_a_folder_it_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    expected = train()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NETCLI_CACHE", str(tmp_path / "file"))
    assert train() == expected
    assert train() == expected
    assert [record.getMessage().count("compiled code cannot be kept") for record in caplog.records] == [1]


# ------------------------------------------------------------------------------------------------------------------- the key


def fed(*shape: int) -> Node:
    return placeholder("x", TensorType(shape, "float32", varying=True))


def var(label: str, *shape: int) -> Node:
    return variable(label, shape, lambda generator, shape: generator.normal(size=shape))


WINDOW = Window((2, 2))


def network(
    *,
    units: int = 3,
    scale: float = 2.0,
    shift: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0),
    act: Callable[[Node], Node] = relu,
    noise: int = 1,
    outputs: tuple[str, ...] = ("loss", "y"),
    momentum: bool = True,
    swapped: bool = False,
    pool: Callable[[Node, Window], Node] = max_pool2d,
    window: Window = WINDOW,
    image: tuple[int, int, int] = (1, 4, 4),
) -> Graph:
    """A small graph; everything in it can be changed."""
    w, v, x = var("w", 4, units), var("v", 4, units), fed(4)
    h = act((x + constant(np.array(shift, "float32"))) * scale)
    draw = random_uniform(var_uint("seed"), var_uint("step"), h, (4,), noise)
    one, other = (v, w) if swapped else (w, v)
    y = dense(h * draw, one) + dense(h, other)
    picture = sum_over(pool(placeholder("image", TensorType(image, "float32", varying=True)), window))
    every = {"loss": sum_over(batch_mean(y)) + batch_mean(picture), "y": y, "sum": sum_over(w)}
    return Graph({name: every[name] for name in outputs}, {w: w * 0.5} if momentum else {v: v * 0.5})


def var_uint(label: str) -> Node:
    return variable(label, (), lambda generator, shape: np.zeros(shape), dtype="uint32")


def key(graph: Graph, examples: int = 32, target: Cpu | None = None, guards: tuple[str, ...] = ()) -> str:
    found = key_of(Plan(graph, target or cpu(), examples), target or cpu(), guards)
    assert found is not None
    return found


GRAPHS: dict[str, Graph] = {
    "a size": network(units=5),
    "a number": network(scale=2.5),
    "the last bit of a number": network(scale=float(np.nextafter(np.float32(2), np.float32(3)))),
    "the sign of zero": network(scale=-0.0),
    "zero": network(scale=0.0),
    "an element of a constant within its range": network(shift=(1.0, 2.5, 3.0, 4.0)),
    "an operation": network(act=sigmoid),
    "another operation": network(act=tanh),
    "the identity of random numbers": network(noise=2),
    "the size of a window": network(window=Window((1, 2))),
    "its stride": network(window=Window((2, 2), (2, 1))),
    "its padding": network(window=Window((2, 2), padding=(1, 0, 0, 0))),
    "its dilation": network(window=Window((2, 2), dilation=(1, 2))),
    "an operation with the same attribute": network(pool=avg_pool2d),
    "the shape of an image": network(image=(1, 2, 8)),
    "the inputs of an operation": network(swapped=True),
    "an output more": network(outputs=("loss", "y", "sum")),
    "an output fewer": network(outputs=("loss",)),
    "the order of outputs": network(outputs=("y", "loss")),
    "what is updated": network(momentum=False),
}


def test_the_key_is_of_the_graph() -> None:
    """Other objects, the same key."""
    assert key(network()) == key(network())


def test_the_key_changes_with_the_graph() -> None:
    keys = {"as it was": key(network()), **{name: key(graph) for name, graph in GRAPHS.items()}}
    same = [(one, other) for one in keys for other in keys if one < other and keys[one] == keys[other]]
    assert same == []


def test_the_key_changes_with_examples_and_guards() -> None:
    graph = network()
    keys = [key(graph, n, guards=guards) for n in (16, 32, 160) for guards in ((), ("loss",), ("loss", "y"))]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Cpu)])
def test_the_key_changes_with_the_cpu(field: str) -> None:
    graph, known = network(), cpu("haswell")
    value = getattr(known, field)
    other = dataclasses.replace(known, **{field: value + 1 if isinstance(value, int) else value + "x"})
    assert key(graph, target=known) != key(graph, target=other)


@pytest.mark.parametrize("name", [name for name in vars(Plan(network(), cpu(), 32)) if name != "graph"])
def test_the_key_changes_with_every_part_of_the_plan(name: str) -> None:
    """Whatever comes to a plan: code written for another one does not fit its memory."""
    plan, changed = Plan(network(), cpu(), 32), Plan(network(), cpu(), 32)
    setattr(changed, name, (getattr(changed, name), "changed"))
    assert key_of(plan, cpu(), ()) != key_of(changed, cpu(), ())


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (llvmlite, "__version__", "0.0"),
        (key_module.llvm, "llvm_version_info", (1, 0, 0)),
        (np, "__version__", "0.0"),
        (platform, "python_version", lambda: "0.0"),
    ],
    ids=["llvmlite", "LLVM", "numpy", "Python"],
)
def test_the_key_changes_with_versions(owner: object, name: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    before = made_with()
    monkeypatch.setattr(owner, name, value)
    assert made_with.__wrapped__() != before


@pytest.mark.parametrize("change", ["changed", "new", "moved", "gone"])
@pytest.mark.parametrize("folder_name", SOURCES)
def test_the_key_changes_with_the_sources(
    folder_name: str, change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SOURCES:
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "a.py").write_text("a = 1\n")
        (tmp_path / name / "b.py").write_text("b = 1\n")
    monkeypatch.setattr(netcli, "__file__", str(tmp_path / "__init__.py"))
    before, file = made_with.__wrapped__(), tmp_path / folder_name / "deep" / "a.py"
    assert made_with.__wrapped__() == before
    match change:
        case "changed":
            file.write_text("a = 2\n")
        case "new":
            file.with_name("c.py").write_text("")
        case "moved":
            file.rename(file.with_name("z.py"))
        case "gone":
            file.unlink()
    assert made_with.__wrapped__() != before


def test_without_sources_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(netcli, "__file__", str(tmp_path / "__init__.py"))
    assert made_with.__wrapped__() is None
    assert "compiled code is not kept" in caplog.text
    monkeypatch.setattr(key_module, "made_with", lambda: None)
    assert key_of(Plan(network(), cpu(), 32), cpu(), ()) is None


@dataclasses.dataclass(frozen=True)
class Foreign(Unary):
    """x² + x, an operation that is not netcli's own: its source is no part of the key."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0] * arrays[0] + arrays[0]

    def derivative(self, node: Node) -> Node:
        return node.inputs[0] * 2.0 + 1.0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return ()


def test_a_foreign_operation_costs_its_own_kernels_only(folder: Path, compiled: list[Plan], written: list[str]) -> None:
    """Even if it changes behind its name: nothing of it is kept."""
    y = Node(Foreign(), [dense(fed(3), var("w", 3, 3))])
    graph = Graph({"y": y, "sum": sum_over(softmax(y))})
    values, state = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3), State({"w": np.eye(3, dtype="float32")})
    for _ in range(2):
        found = LlvmExecutor(1).compile(graph).run(state, {"x": values})
        np.testing.assert_allclose(found["y"], values**2 + values, atol=1e-6)
        np.testing.assert_allclose(found["sum"], np.ones(4), atol=1e-6)
    assert (len(compiled), len(set(written))) == (1, 4)
    (foreign,) = {name for name in written if written.count(name) == 2}
    assert f"{foreign}: dense; fused: foreign" in schedule_text(Plan(graph, cpu(), 16))


def test_what_cannot_be_part_of_a_key_is_no_silent_part_of_it() -> None:
    plan = Plan(network(), cpu(), LANES)
    plan.chunk = object()  # type: ignore[assignment]
    with pytest.raises(TypeError, match="a object cannot be part of a key"):
        key_of(plan, cpu(), ())


# -------------------------------------------------------------------------------------------- nothing else that code depends on

PACKAGE = Path(netcli.__file__).parent
WRITERS = [path for name in SOURCES for path in sorted((PACKAGE / name).rglob("*.py"))]
#: What they may import besides: contracts, the cache itself, and what rewrites the graph before the key is taken of it. None
#: of it is a part of what is generated.
ALLOWED = {
    "netcli.errors", "netcli.settings", "netcli.executors.executor", "netcli.executors.cache", "netcli.passes.rewriting",
}  # fmt: skip
#: What may read the environment: the choices of threads and cache, of the CPU, and of the graph; the last two are in the key.
CHOOSING = {"executors/llvm/__init__.py", "executors/llvm/target.py", "executors/llvm/winograd.py"}


@pytest.mark.parametrize("path", WRITERS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_sources_are_all_of_them(path: Path) -> None:
    """What writes code imports nothing of netcli whose source is no part of the key, and reads no environment."""
    names = tuple(f"netcli.{name.replace('/', '.')}" for name in SOURCES)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("netcli."):
            assert node.module in ALLOWED or node.module.startswith(names), f"{path}:{node.lineno} imports {node.module}"
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}:
            assert path.relative_to(PACKAGE).as_posix() in CHOOSING, f"{path}:{node.lineno} reads the environment"

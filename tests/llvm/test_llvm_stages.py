"""Every stage on the way from the graph to the CPU's instructions, as text: `netcli inspect-graph --dump STAGE`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

pytest.importorskip("llvmlite")

from support.agreement import fed, var
from support.golden import check_golden
from support.runs import config_of, refused, succeed

from netcli.executors.llvm import LlvmExecutor
from netcli.executors.llvm.compiling import assembly, parsed
from netcli.executors.llvm.peak import peak_module
from netcli.executors.llvm.target import KNOWN, LANES, cpu
from netcli.graph import Graph
from netcli.ops import batch_mean, dense, relu, sum_over

#: A padded convolution with what is fused, a pool, a late gradient, two blocks: a bit of everything.
SMALL = """\
name: small
data: {dataset: digits, batch_size: 20}
model:
  layers:
    - conv: {filters: 2, kernel: 3, padding: same}
    - relu
    - maxpool: 4
    - flatten
    - dense: 10
    - softmax
    - cross_entropy
train: {optimizer: {sgd: 0.1}}
"""


@pytest.fixture(autouse=True)
def haswell(monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts are those for one CPU on every machine."""
    monkeypatch.setenv("NETCLI_CPU", "haswell")


def dumped(directory: Path, stage: str) -> str:
    return succeed("inspect-graph", config_of(directory, SMALL), "--executor", "llvm", "--dump", stage).stdout


@pytest.mark.parametrize("stage", ["graph", "schedule"])
def test_texts(stage: str, tmp_path: Path) -> None:
    check_golden(Path(__file__).parent / "golden" / f"small.{stage}", dumped(tmp_path, stage))


def scheduled(text: str) -> dict[str, str]:
    """The names of the calls of a schedule, and of the functions that these call."""
    return {
        name: function or name
        for name, function in re.findall(r"^ +((?:gather|block|late|uniform)_\w+)(?: = (\w+))?: ", text, re.MULTILINE)
    }


def test_every_function_has_the_name_that_the_schedule_gives_it(tmp_path: Path) -> None:
    schedule, llvm = dumped(tmp_path, "schedule"), dumped(tmp_path, "llvm")
    calls = scheduled(schedule)
    assert len(calls) > 20
    functions = {name for name, function in calls.items() if function == name}
    assert functions == set(calls.values()) < set(calls)
    defined = re.findall(r"^define void @(\w+)", llvm, re.MULTILINE)
    global_ = re.findall(r"^\t\.globl\t(\w+)", dumped(tmp_path, "asm"), re.MULTILINE)
    routines = {name for name in defined if name.startswith("routine_")}
    assert sorted(defined) == sorted(global_) == sorted(["steps", *routines, *functions])
    assert set(re.findall(r"^@numbers_(\w+) = ", llvm, re.MULTILINE)) == set(calls)


def tiny() -> Graph:
    """relu(x·w), and its mean."""
    return Graph({"loss": sum_over(batch_mean(relu(dense(fed("x", 4), var("w", 4, 3)))))})


def body(code: str, function: str) -> str:
    """The instructions of a function."""
    return code.split(f"\n{function}:", 1)[1].split("\n.Lfunc_end", 1)[0]


def test_code_for_haswell() -> None:
    program = LlvmExecutor(1).compile(tiny())
    assert "call <16 x float> @llvm.fma.v16f32" in program.text("llvm", 16)
    code = program.text("asm", 16)
    assert "vfmadd" in body(code, "block_0_0")
    assert "%ymm" in code
    assert "%zmm" not in code


@pytest.mark.parametrize(
    ("name", "multiply_add", "register"), [("skylake-avx512", "vfmadd", "%zmm"), ("aarch64", "fmla", "v0.4s")]
)
def test_code_for_other_cpus(name: str, multiply_add: str, register: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written on a machine that need not be able to run it."""
    monkeypatch.setenv("NETCLI_CPU", name)
    program = LlvmExecutor(1).compile(tiny())
    assert f'target triple = "{KNOWN[name][0]}"' in program.text("llvm", 16)
    instructions = body(program.text("asm", 16), "block_0_0")
    assert multiply_add in instructions
    assert register in instructions


def loops(code: str) -> Sequence[str]:
    """The instructions from one label or jump to the next."""
    return re.split(r"^\.L\w+:|^\s+(?:j\w+|b\.\w+|cb\w+)\s.*", code, flags=re.MULTILINE)


@pytest.mark.parametrize("name", KNOWN)
def test_the_peak_keeps_its_sums_in_registers(name: str) -> None:
    """At least ten multiply-adds of whole registers that do not wait for each other, and nothing else but counting."""
    target = cpu(name)
    found = [part for part in loops(assembly(parsed(peak_module(target), target), target)) if re.search("vfmadd|fmla", part)]
    assert len(found) == 1
    instructions = [line.split() for line in found[0].splitlines() if line.startswith("\t") and not line.startswith("\t.")]
    products = [words for words in instructions if words[0].startswith(("vfmadd", "fmla"))]
    assert len(products) == (target.values - 2) * LANES // target.width
    assert len(products) >= 10
    assert not any("(" in word or "[sp" in word for words in products for word in words), "a sum that is not in a register"


def test_wrong_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(tmp_path, SMALL)
    said = refused("inspect-graph", config, "--executor", "numpy", "--dump", "asm")
    assert said == (
        "error: the numpy executor has no asm to show, only: graph\n"
        "  --executor llvm generates code, and shows all of its stages\n"
    )
    for more in (["--view", "forward"], ["--format", "text"], ["--detail", "full"], ["--json"]):
        assert "--dump does not go with" in refused("inspect-graph", config, "--dump", "graph", *more)
    assert "'bytes' is not one of 'graph', 'schedule', 'llvm', 'asm'" in refused("inspect-graph", config, "--dump", "bytes")
    monkeypatch.setenv("NETCLI_CPU", "z80")
    assert 'unknown CPU "z80" in NETCLI_CPU' in refused("inspect-graph", config, "--executor", "llvm", "--dump", "asm")


def test_the_graph_is_the_same_for_every_executor(tmp_path: Path) -> None:
    assert succeed("inspect-graph", config_of(tmp_path, SMALL), "--executor", "numpy", "--dump", "graph").stdout == dumped(
        tmp_path, "graph"
    )

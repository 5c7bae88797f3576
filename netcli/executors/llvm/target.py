"""The CPU that code is generated for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache

import llvmlite.binding as llvm

from netcli.errors import UsageError

#: Examples that one varying value holds side by side, on every CPU; a narrower CPU takes several instructions for them.
LANES = 16


def whole_vectors(numbers: int) -> int:
    """Room for so many numbers in whole vectors of 16."""
    return -(-numbers // LANES) * LANES


@dataclass(frozen=True)
class Cpu:
    """A target of LLVM: triple, CPU name, features, and what kernels choose their register tiles by.

    `width` is the number of float32 lanes of a vector register, `registers` how many vector registers there are.
    """

    triple: str
    name: str
    features: str
    width: int
    registers: int

    @property
    def values(self) -> int:
        """How many values of 16 lanes fit into the vector registers."""
        return self.registers * self.width // LANES

    def machine(self, *, optimized: bool = True) -> llvm.TargetMachine:
        """LLVM's code generator for it."""
        target = llvm.Target.from_triple(self.triple)
        return target.create_target_machine(cpu=self.name, features=self.features, opt=2 if optimized else 0)


#: CPUs that can be asked for by NETCLI_CPU, besides the machine's own: (triple, name, lanes, registers).
KNOWN = {
    "haswell": ("x86_64-unknown-linux-gnu", "haswell", 8, 16),
    "skylake-avx512": ("x86_64-unknown-linux-gnu", "skylake-avx512", 16, 32),
    "aarch64": ("aarch64-unknown-linux-gnu", "generic", 4, 32),
}
#: What a machine must have to run their code.
_NEEDED = {
    "haswell": ("avx2", "fma", "bmi", "bmi2", "f16c", "lzcnt", "movbe"),
    "skylake-avx512": ("avx512f", "avx512vl", "avx512bw", "avx512dq", "avx512cd", "avx2", "fma", "bmi", "bmi2", "f16c"),
}


@cache
def initialize() -> None:
    """Load LLVM's code generators, once."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    # rewriting address computations, which are simple here, takes half of the time to compile and gains nothing
    llvm.set_option("netcli", "-disable-lsr")


def cpu(name: str | None = None) -> Cpu:
    """The CPU of this name; by default the one that NETCLI_CPU names, or else the machine's own. Raises UsageError."""
    initialize()
    name = name or os.environ.get("NETCLI_CPU") or None
    if name is None:
        return _host()
    if name not in KNOWN:
        raise UsageError(f'unknown CPU "{name}" in NETCLI_CPU', hint=f"there are: {', '.join(KNOWN)}")
    triple, model, width, registers = KNOWN[name]
    return Cpu(triple, model, "", width, registers)


def check_runs_here(target: Cpu) -> None:
    """Raise UsageError for a CPU whose code this machine cannot run: it would end the process."""
    here = _host()
    features = llvm.get_host_cpu_features()
    same = target.triple.split("-")[0] == here.triple.split("-")[0].replace("arm64", "aarch64")
    if target != here and not (same and all(features.get(name) for name in _NEEDED.get(target.name, ()))):
        raise UsageError(
            f"this machine cannot run code for the CPU that NETCLI_CPU names ({target.name}, {target.triple})",
            hint="leave NETCLI_CPU out; inspect-graph --dump shows the code for any of its CPUs",
        )


def cpus() -> int:
    """How many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _host() -> Cpu:
    features = llvm.get_host_cpu_features()
    triple = llvm.get_process_triple()
    if features.get("avx512f") and features.get("avx512vl"):
        width, registers = 16, 32
    elif features.get("avx2") and features.get("fma"):
        width, registers = 8, 16
    elif triple.startswith(("aarch64", "arm64")):
        width, registers = 4, 32
    else:
        width, registers = 4, 16
    flat = features.flatten()
    if width == 16:
        flat += ",-prefer-256-bit"  # LLVM would split vectors of 512 bits on CPUs that clock down for them
    return Cpu(triple, llvm.get_host_cpu_name(), flat, width, registers)

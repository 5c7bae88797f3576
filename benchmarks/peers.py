"""Time a training step of the same networks in netcli and in other frameworks, interleaved, on the same machine.

    python benchmarks/peers.py [NET ...] [--batch N ...] [--rounds 3] [--seconds 2] [--python NAME=PATH ...] [--json]

Each measurement is a process of its own, with the Python given for its framework (`--python torch=/path/to/python`, `jax=`,
`tensorflow=`, `netcli=`), by default this one; a framework that is not installed there is left out, and said to be. All use
every CPU that this process may use, so `taskset -c 0,1 python benchmarks/peers.py` measures two. A round runs every peer
once; the best of the rounds counts, since what disturbs a measurement makes it slower, never faster.

Prints two Markdown tables, milliseconds per step and peak memory; `ratio` is the fastest peer's time over netcli's.
See README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from nets import NETS

HERE = Path(__file__).parent

#: What would give one framework fewer threads than another.
THREAD_SETTINGS = {
    "NETCLI_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "XLA_FLAGS",
}  # fmt: skip


@dataclass(frozen=True)
class Peer:
    """A framework, the script that runs it and its options, and the module that must be there."""

    framework: str
    script: str
    module: str
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


PEERS = {
    "netcli": Peer("netcli", "step_netcli.py", "llvmlite"),
    "netcli, 1 thread": Peer("netcli", "step_netcli.py", "llvmlite", environment={"NETCLI_THREADS": "1"}),
    "PyTorch": Peer("torch", "step_torch.py", "torch"),
    "channels last": Peer("torch", "step_torch.py", "torch", ("channels_last",)),
    "compiled": Peer("torch", "step_torch.py", "torch", ("compile",)),
    "compiled, channels last": Peer("torch", "step_torch.py", "torch", ("compile", "channels_last")),
    "JAX": Peer("jax", "step_jax.py", "jax"),
    "TensorFlow": Peer("tensorflow", "step_tensorflow.py", "tensorflow"),
    "TF XLA": Peer("tensorflow", "step_tensorflow.py", "tensorflow", ("xla",)),
}

#: What a step script prints: ms, peak_mib, version. None: it failed.
Measured = dict[str, float | str] | None


def available(python: str, module: str) -> bool:
    """Whether that Python has the module."""
    look = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", look], check=False).returncode == 0


def measure(python: str, peer: Peer, net: str, batch: int, seconds: float) -> Measured:
    """Run a step script; None, with the reason on stderr, where the peer cannot run this network."""
    command = [python, str(HERE / peer.script), net, str(batch), str(seconds), *peer.options]
    inherited = {name: value for name, value in os.environ.items() if name not in THREAD_SETTINGS}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=inherited | peer.environment)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        print(f"{' '.join(command[1:])}: {reason}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def best_of(rounds: int, peers: dict[str, str], net: str, batch: int, seconds: float) -> dict[str, Measured]:
    """The quickest measurement of each peer; a peer that failed is not tried again. `peers`: name -> Python."""
    best: dict[str, Measured] = {}
    for _ in range(rounds):
        for name, python in peers.items():
            if name in best and best[name] is None:
                continue
            now, before = measure(python, PEERS[name], net, batch, seconds), best.get(name)
            best[name] = min((m for m in (now, before) if m), key=lambda m: m["ms"]) if now and before else now or before
    return best


def ratio(measured: dict[str, Measured]) -> float | None:
    """The fastest peer's time over netcli's; None where one of them is missing."""
    others = [m["ms"] for name, m in measured.items() if m and PEERS[name].framework != "netcli"]
    own = measured.get("netcli")
    return min(others) / own["ms"] if own and others else None


def shown(value: float | None, decimals: int) -> str:
    """A number, or a dash where there is none."""
    return "–" if value is None else f"{value:.{decimals}f}"


def row(cells: list[str]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def heading(columns: list[str]) -> str:
    """The first two rows of a Markdown table, numbers to the right."""
    return "\n".join([row(columns), row(["---", *["---:"] * (len(columns) - 1)])])


def cpu() -> str:
    """The CPU's name, and how many of them this process may use."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.is_file() else []
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name or platform.machine()}, {usable} CPUs"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"of {', '.join(NETS)}; by default all")
    parser.add_argument("--batch", type=int, nargs="+", metavar="N", help="by default each network's own")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a measurement, after what it takes to compile")
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    for net in chosen.nets:
        if net not in NETS:
            parser.error(f"unknown network {net!r}, choose from {', '.join(NETS)}")
    for choice in chosen.python:
        if choice.split("=", 1)[0] not in {peer.framework for peer in PEERS.values()} or "=" not in choice:
            parser.error(f"--python wants netcli=, torch=, jax= or tensorflow= and a path, found {choice!r}")
    if chosen.rounds < 1 or min(chosen.batch or [1]) < 1:
        parser.error("--rounds and --batch are at least 1")
    return chosen


def installed(pythons: dict[str, str]) -> dict[str, str]:
    """The peers that can be measured, each with its Python; `pythons`: framework -> Python."""
    found = {}
    for name, peer in PEERS.items():
        python = pythons.get(peer.framework, sys.executable)
        if available(python, peer.module):
            found[name] = python
        else:
            print(f"{name} is left out: {python} has no {peer.module}", file=sys.stderr)
    return found


def main() -> None:
    """Measure and print tables, or JSON."""
    chosen = arguments()
    peers = installed(dict(choice.split("=", 1) for choice in chosen.python))
    columns = ["net", "batch", *peers]
    if not chosen.json:
        print(f"{cpu()}\n\nMilliseconds per step:\n\n{heading([*columns, 'ratio'])}", flush=True)
    results = []
    for net in chosen.nets or NETS:
        for batch in chosen.batch or [NETS[net][2]]:
            measured = best_of(chosen.rounds, peers, net, batch, chosen.seconds)
            results.append({"net": net, "batch": batch, "peers": measured, "ratio": ratio(measured)})
            if not chosen.json:
                times = [shown(m and m["ms"], 3) for m in measured.values()]
                print(row([net, str(batch), *times, shown(ratio(measured), 2)]), flush=True)
    versions = sorted({m["version"] for result in results for m in result["peers"].values() if m})
    if chosen.json:
        print(json.dumps({"cpu": cpu(), "versions": versions, "results": results}, indent=2))
        return
    print(f"\nPeak memory of the process, MiB:\n\n{heading(columns)}")
    for result in results:
        peaks = [shown(m and m["peak_mib"], 0) for m in result["peers"].values()]
        print(row([result["net"], str(result["batch"]), *peaks]))
    print(f"\n{'; '.join(versions)}")


if __name__ == "__main__":
    main()

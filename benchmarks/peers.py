"""Time a training step of the same networks in netcli and in other frameworks, interleaved, on the same machine.

    python benchmarks/peers.py [NET ...] [--batch N] [--rounds 3] [--seconds 2] [--python NAME=PATH ...] [--json]

Each peer runs in a process of its own, with the Python given for it (`--python torch=/path/to/python`), by default this one;
one whose framework is not installed there is left out, and said to be. A round runs every peer once; the best of the rounds
counts, since what disturbs a measurement makes it slower, never faster. Ratios are to the fastest peer.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from nets import NETS

HERE = Path(__file__).parent

#: Name -> script, its options, and the module that must be there.
PEERS = {
    "netcli": ("step_netcli.py", [], "llvmlite"),
    "torch": ("step_torch.py", [], "torch"),
    "torch channels-last": ("step_torch.py", ["channels_last"], "torch"),
    "torch compiled": ("step_torch.py", ["compile"], "torch"),
}


def available(python: str, module: str) -> bool:
    """Whether that Python has the module."""
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def measured(python: str, script: str, net: str, batch: int, seconds: float, options: list[str]) -> float:
    """Milliseconds per step; infinity, with the reason on stderr, where the peer cannot run this network."""
    command = [python, str(HERE / script), net, str(batch), str(seconds), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{script} {net}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return float("inf")
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", default=list(NETS), help=f"of {', '.join(NETS)}")
    parser.add_argument("--batch", type=int, help="by default each network's own")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    pythons = dict(choice.split("=", 1) for choice in arguments.python)
    peers = {}
    for name, (script, options, module) in PEERS.items():
        python = pythons.get(name.split()[0], sys.executable)
        if available(python, module):
            peers[name] = (python, script, options)
        else:
            print(f"{name} is left out: {python} has no {module}", file=sys.stderr)
    table = {}
    for net in arguments.nets:
        batch = arguments.batch or NETS[net][2]
        best = dict.fromkeys(peers, float("inf"))
        for _ in range(arguments.rounds):
            for name, (python, script, options) in peers.items():
                best[name] = min(best[name], measured(python, script, net, batch, arguments.seconds, options))
        table[net] = best
        if not arguments.json:
            fastest = min((ms for name, ms in best.items() if name != "netcli"), default=float("nan"))
            ratio = fastest / best.get("netcli", float("nan"))
            print(
                f"{net:8} batch {batch:5}  "
                + "  ".join(f"{name} {ms:8.3f} ms" for name, ms in best.items())
                + f"  {ratio:5.2f}×",
                flush=True,
            )
    if arguments.json:
        print(json.dumps(table, indent=2))


if __name__ == "__main__":
    main()

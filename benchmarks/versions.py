"""Time a training step, and compiling it, in two checkouts of netcli, interleaved, on the same machine.

    python benchmarks/versions.py BEFORE AFTER [NET ...] [--batch N ...] [--rounds 5] [--seconds 1] [--json]

BEFORE and AFTER are checkouts, such as that of `git worktree add BEFORE COMMIT`; each is measured by its own `step_netcli.py`,
in processes of their own. A round runs each version once, and the best of the rounds counts. `cold` is the time to the first
step's code with an empty cache, `warm` the same when it is in the cache; a version that does not tell has a dash. Ratios are
before to after: above 1 is faster now.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from nets import NETS
from peers import THREAD_SETTINGS, cpu, heading, row, shown

STEP = Path("benchmarks") / "step_netcli.py"
#: What is measured: milliseconds.
KINDS = ("step", "cold", "warm")


#: Of one version: milliseconds by kind.
Times = dict[str, float | None]


def measure(checkout: Path, net: str, batch: int, seconds: float) -> Times:
    """One step's time, and the times to compile it, in processes of their own with a cache of their own."""
    with tempfile.TemporaryDirectory() as cache:
        inherited = {name: value for name, value in os.environ.items() if name not in THREAD_SETTINGS}
        env = inherited | {"PYTHONPATH": str(checkout), "NETCLI_CACHE": cache}
        command = [sys.executable, str(checkout / STEP), net, str(batch)]
        cold, warm = (
            json.loads(subprocess.run([*command, time], capture_output=True, text=True, check=True, env=env).stdout)
            for time in ("0", str(seconds))
        )
    return {"step": warm["ms"], "cold": cold.get("compile_ms"), "warm": warm.get("compile_ms")}


def best_of(rounds: int, checkouts: tuple[Path, Path], net: str, batch: int, seconds: float) -> list[Times]:
    """The best of each kind for each version."""
    found = [[measure(each, net, batch, seconds) for each in checkouts] for _ in range(rounds)]
    return [{kind: _least([turn[at][kind] for turn in found]) for kind in KINDS} for at in range(2)]


def _least(times: list[float | None]) -> float | None:
    known = [time for time in times if time is not None]
    return min(known) if known else None


def cells(before: Times, after: Times) -> list[str]:
    """Before, after and ratio of each kind."""
    found = []
    for kind in KINDS:
        x, y = before[kind], after[kind]
        found += [shown(x, 3), shown(y, 3), shown(x / y if x and y else None, 3)]
    return found


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"of {', '.join(NETS)}; by default all")
    parser.add_argument("--batch", type=int, nargs="+", metavar="N", help="by default each network's own")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of a measurement of steps")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    for checkout in (chosen.before, chosen.after):
        if not (checkout / STEP).is_file():
            parser.error(f"{checkout} is no checkout of netcli: it has no {STEP}")
    checkouts = chosen.before.absolute(), chosen.after.absolute()
    columns = ["net", "batch", *(name for kind in KINDS for name in (f"{kind} before", "after", "ratio"))]
    if not chosen.json:
        print(f"{cpu()}\n\nMilliseconds:\n\n{heading(columns)}", flush=True)
    results = []
    for net in chosen.nets or NETS:
        for batch in chosen.batch or [NETS[net][2]]:
            before, after = best_of(chosen.rounds, checkouts, net, batch, chosen.seconds)
            results.append({"net": net, "batch": batch, "before": before, "after": after})
            if not chosen.json:
                print(row([net, str(batch), *cells(before, after)]), flush=True)
    if chosen.json:
        print(json.dumps({"cpu": cpu(), "results": results}, indent=2))


if __name__ == "__main__":
    main()

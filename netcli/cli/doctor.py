"""`netcli doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netcli.cli.command import Group, command
from netcli.cli.running import (
    ConfigArgument,
    ExecutorOption,
    JsonOption,
    OverridesArgument,
    ThreadsOption,
    limit_threads,
    messages,
    print_json,
    results,
    with_executor,
)
from netcli.errors import AnswerIsNo

if TYPE_CHECKING:
    from netcli.analysis.doctor.records import Finding
    from netcli.training.session import Session


@command(Group.LOOK)
def doctor(
    config: ConfigArgument,
    overrides: OverridesArgument = None,
    executor: ExecutorOption = None,
    threads: ThreadsOption = None,
    json: JsonOption = False,
) -> None:
    """Look a config over before it is trained.

    The data's scale, the first loss, the scales of activations and gradients, dead units, whether one batch can be learned by
    heart, the learning rate against a range test, memory and time. Each verdict comes with the number that it rests on, and
    with what to change. The exit code is 1 if there is a fault.
    """
    limit_threads(threads)
    from netcli.analysis.doctor.records import worst  # noqa: PLC0415
    from netcli.config.load import load  # noqa: PLC0415 - heavy
    from netcli.report.doctor import advice_lines, as_json, doctor_table  # noqa: PLC0415
    from netcli.training.session import prepare  # noqa: PLC0415

    session = prepare(load(config, with_executor(overrides, executor)))
    name = session.loaded.config.name
    findings = _findings(session)
    if json:
        print_json(as_json(name, findings))
    else:
        output = results()
        output.table(doctor_table(name, findings))
        output.lines(advice_lines(findings, output.width))
    if worst(findings) == "fault":
        faults = ", ".join(each.check for each in findings if each.verdict == "fault")
        raise AnswerIsNo(f"{name} is not fit to be trained: {faults}", hint="what to change stands above")


def _findings(session: Session) -> list[Finding]:
    """All of them; a terminal shows what is looked at."""
    from netcli.analysis.doctor import examine  # noqa: PLC0415 - heavy
    from netcli.training.interruption import Interruption  # noqa: PLC0415

    output, now = messages(), "data"

    def begins(name: str) -> None:
        nonlocal now
        now = name

    if output.live:
        output.animate(lambda width, height: [(f"looking at: {now}"[:width],)][:height])
    try:
        with Interruption() as interruption:
            return list(examine(session, lambda: interruption.asked, begins))
    finally:
        output.still()

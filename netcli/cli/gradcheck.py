"""`netcli gradcheck`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netcli.cli.command import Group, command
from netcli.cli.running import DepthOption, JsonOption, OverridesArgument, ThreadsOption, limit_threads, print_json, results
from netcli.errors import AnswerIsNo, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netcli.autodiff.gradcheck import Check, CheckSettings, Fault
    from netcli.errors import Place
    from netcli.executors import Executor
    from netcli.graph import Op
    from netcli.report.gradcheck import Shown
    from netcli.report.table import Table
    from netcli.training.session import Session


SecondOrderOption = Annotated[
    bool | None,
    typer.Option(
        "--second-order/--first-order",
        help="Whether second derivatives are checked too; by default those of operations.",
        show_default=False,
    ),
]
SampledOption = Annotated[
    int | None,
    typer.Option(
        "--sampled",
        min=1,
        help="Elements compared one by one of a large parameter; 32 by default, fewer in a large network.",
        show_default=False,
    ),
]
ExecutorOption = Annotated[
    str | None,
    typer.Option(
        "--executor", help="Check this executor instead: what it computes in float32, against float64.", show_default=False
    ),
]
PluginOption = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE", help="A Python file with operations and layers of your own.", show_default=False),
]
SelfTestOption = Annotated[
    bool, typer.Option("--self-test", help="Check the check: plant errors into every operation, and see if it finds them.")
]


@dataclass(frozen=True)
class _Wanted:
    """What is to be checked: a config with overrides, on some examples; without one, operations. `plugins` are files."""

    config: Path | None
    overrides: Sequence[str]
    examples: int
    plugins: Sequence[Path]
    depth: int | None

    @property
    def title(self) -> str:
        """In words."""
        if self.config is not None:
            return f"{self.config}, {self.examples} examples"
        return f"operations of {', '.join(map(str, self.plugins))}" if self.plugins else "every operation, on its samples"

    def operations(self) -> tuple[type[Op], ...]:
        """Those of the plugins; without plugins, all of netcli's. Raises PluginError, and UsageError where there are none."""
        from netcli.config.plugins import load_plugins  # noqa: PLC0415 - heavy
        from netcli.ops import operations  # noqa: PLC0415

        if not self.plugins:
            return operations()
        found = tuple(op for plugin in load_plugins([(path, None) for path in self.plugins]) for op in plugin.operations)
        if not found:
            raise UsageError("the plugin has no operation to check, only layers", hint="give a CONFIG that uses them")
        for operation in found:
            if not operation.samples():
                message = f"{operation.__name__} has no samples: there is nothing to check it on"
                raise UsageError(message, hint="let samples() return a Sample or more, such as Sample(cls(), (varying(7),))")
        return found

    def shown(self, checks: Sequence[Check], session: Session) -> Shown:
        """What a table has of the checks of a config: those of layers in layers together, from a depth on."""
        from netcli.report.gradcheck import grouped  # noqa: PLC0415 - heavy

        return grouped(checks, {placed.name: placed.depth for placed in session.layers}, self.depth)

    def session(self, dtype: str) -> Session:
        """The config's, in float32 or float64."""
        from netcli.config.load import load  # noqa: PLC0415
        from netcli.training.session import prepare  # noqa: PLC0415

        assert self.config is not None, "there is a config"
        loaded = load(self.config, self.overrides, self.plugins)
        return prepare(loaded, "float64" if dtype == "float64" else "float32")


@command(Group.LOOK)
def gradcheck(
    config: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG]", help="The YAML file; without it, every operation.", show_default=False)
    ] = None,
    overrides: OverridesArgument = None,
    examples: Annotated[int, typer.Option("--examples", min=1, help="Examples of the batch.")] = 4,
    second_order: SecondOrderOption = None,
    sampled: SampledOption = None,
    plugin: PluginOption = None,
    self_test: SelfTestOption = False,
    executor: ExecutorOption = None,
    threads: ThreadsOption = None,
    depth: DepthOption = None,
    json: JsonOption = False,
) -> None:
    """Check derivatives numerically.

    Reverse mode against finite differences and the complex step, and forward mode against reverse mode, in float64. Without
    CONFIG every operation is checked on its samples, or those of --plugin; with it, the network on a batch of its data. A kink
    is told from an error, and of an error the operation that is to blame. The exit code is 1 if a derivative is wrong.

    With --executor: how many digits are right of what that executor computes in float32, and if rounding explains the rest.
    """
    limit_threads(threads)
    wanted = _Wanted(config, overrides or [], examples, plugin or [], depth)
    _check_options(second_order, sampled, executor, config, self_test=self_test)
    if executor is not None:
        _in_float32(wanted, executor, json=json)
        return
    from netcli.autodiff.gradcheck import CheckSettings  # noqa: PLC0415 - heavy

    order = config is None if second_order is None else second_order
    settings = CheckSettings(second_order=order, sampled=sampled or CheckSettings.sampled)
    if self_test:
        _test_itself(wanted, settings, json=json)
    else:
        _in_float64(wanted, settings, whole=sampled is not None, json=json)


def _check_options(
    second_order: bool | None, sampled: int | None, executor: str | None, config: Path | None, *, self_test: bool
) -> None:
    """Raise UsageError for options that do not go together."""
    if executor is not None and (second_order is not None or sampled is not None):
        option = "--sampled" if sampled is not None else "--second-order" if second_order else "--first-order"
        raise UsageError(f"{option} does not go with --executor", hint="float32 is compared with float64 element by element")
    if self_test and (config is not None or executor is not None):
        other = "a CONFIG" if config is not None else "--executor"
        raise UsageError(f"--self-test does not go with {other}", hint="errors are planted into operations, on their samples")


def _in_float64(wanted: _Wanted, settings: CheckSettings, *, whole: bool, json: bool) -> None:
    """The derivatives themselves; `whole`: as many as the settings say, of a large network too."""
    from netcli.analysis.gradcheck.model import check_model, find_faults, find_operation_faults  # noqa: PLC0415
    from netcli.report.gradcheck import Shown, check_table  # noqa: PLC0415

    faults: list[Fault] = []
    session = None
    if wanted.config is None:
        classes = wanted.operations()
        found = {operation: _operations([operation], settings) for operation in classes}
        checks = [check for each in found.values() for check in each]
        shown = Shown(checks)
        wrong = [operation for operation, each in found.items() if any(map(_has_fault, each))]
        faults = find_operation_faults(wrong, settings)
    else:
        session = wanted.session("float64")
        checks = check_model(session, wanted.examples, settings, whole=whole)
        shown = wanted.shown(checks, session)
        if any(check.verdict == "fail" for check in checks):
            faults = find_faults(session, wanted.examples, settings)
    _end(checks, check_table(wanted.title, shown), faults, session, json=json)


def _has_fault(check: Check) -> bool:
    """Whether a derivative is wrong, so that the rule to blame can be looked for."""
    return check.evidence is not None and check.verdict == "fail"


def _operations(classes: Sequence[type[Op]], settings: CheckSettings) -> list[Check]:
    from netcli.autodiff.gradcheck import check_operations  # noqa: PLC0415
    from netcli.executors.numpy import values_of  # noqa: PLC0415

    return [check for checks in check_operations(values_of, settings, classes) for check in checks]


def _test_itself(wanted: _Wanted, settings: CheckSettings, *, json: bool) -> None:
    """Whether the check finds planted errors."""
    from netcli.autodiff.gradcheck import self_test  # noqa: PLC0415
    from netcli.executors.numpy import values_of  # noqa: PLC0415
    from netcli.report.faults import missed_texts, self_test_json, self_test_table  # noqa: PLC0415

    found = list(self_test(values_of, wanted.operations(), settings))
    missed = missed_texts(found)
    if json:
        print_json(self_test_json(found))
    else:
        results().table(self_test_table(f"errors planted into {wanted.title}", found))
        for text in missed:
            results().line(text)
    if missed:
        raise AnswerIsNo(f"{len(missed)} planted errors were missed", hint="the default settings find more")


def _in_float32(wanted: _Wanted, name: str, *, json: bool) -> None:
    """What an executor makes of them."""
    from netcli.analysis.gradcheck.model import check_executor  # noqa: PLC0415
    from netcli.executors import executor  # noqa: PLC0415
    from netcli.report.gradcheck import Shown, precision_table  # noqa: PLC0415

    runner = executor(name)
    if wanted.config is None:
        checks = _operations_on(runner, wanted.operations())
        shown = Shown(checks)
    else:
        session = wanted.session("float32")
        checks = check_executor(session, runner, wanted.examples)
        shown = wanted.shown(checks, session)
    _end(checks, precision_table(f"{wanted.title}: {name} in float32, against float64", shown), None, None, json=json)


def _operations_on(runner: Executor, classes: Sequence[type[Op]]) -> list[Check]:
    from netcli.analysis.gradcheck.model import computed_by  # noqa: PLC0415
    from netcli.autodiff.gradcheck import check_operations_float32  # noqa: PLC0415

    return [check for checks in check_operations_float32(computed_by(runner), classes=classes) for check in checks]


def _end(checks: Sequence[Check], table: Table, faults: Sequence[Fault] | None, session: Session | None, *, json: bool) -> None:
    """Show what was found. Raises AnswerIsNo if something is wrong."""
    from netcli.report.faults import fault_texts  # noqa: PLC0415
    from netcli.report.gradcheck import as_json, findings  # noqa: PLC0415

    def place(fault: Fault) -> Place | None:
        return None if session is None else session.place_of(fault.layer)

    if json:
        print_json(as_json(checks, faults))
    else:
        output = results()
        output.table(table)
        for text in (*findings(checks), *fault_texts(faults or (), place)):
            output.line()
            output.line(text)
    wrong = {check.name for check in checks if check.verdict == "fail"}
    if wrong:
        whole = session is not None and faults == []
        hint = "each operation on the way is right by itself: look at how they are put together" if whole else None
        raise AnswerIsNo(f"the gradient check failed for {', '.join(sorted(wrong))}", hint=hint)

"""`netcli train`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from netcli.cli.command import Group, command
from netcli.cli.running import (
    DepthOption,
    ExecutorOption,
    JsonOption,
    OverridesArgument,
    ThreadsOption,
    limit_threads,
    messages,
    print_json,
    results,
    tell,
    with_executor,
)
from netcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netcli.config.load import Loaded
    from netcli.report.terminal import Output
    from netcli.runs.checkpoint import Checkpoint
    from netcli.runs.directory import RunDirectory
    from netcli.training.loop import Outcome, Trainer
    from netcli.training.session import Session


EveryOption = Annotated[
    bool,
    typer.Option("--all-parameters", help="Show the gradients of all parameters at the end, not only those that matter."),
]


@command(Group.TRAIN)
def train(
    config: Annotated[
        Path | None, typer.Argument(metavar="CONFIG", help="The YAML file; none with --resume.", show_default=False)
    ] = None,
    overrides: OverridesArgument = None,
    run_dir: Annotated[
        Path | None, typer.Option("--run-dir", help="Where the run goes; by default runs/NAME/NNN.", show_default=False)
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="RUN", help="Go on with this run.", show_default=False)
    ] = None,
    executor: ExecutorOption = None,
    threads: ThreadsOption = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Where all random numbers start.", show_default=False)] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show only the final summary.")] = False,
    every: EveryOption = False,
    depth: DepthOption = None,
    json: JsonOption = False,
) -> None:
    """Train the network that CONFIG declares.

    Shows the loss, the metrics and the gradients as it goes, and keeps the run in a directory: the config with all its
    settings, a line of metrics per epoch, the last and the best weights, a report with curves.
    """
    limit_threads(threads)
    settings = with_executor(overrides, executor) + [f"seed={seed}"] * (seed is not None)
    if resume is not None and config is not None and "=" in str(config):
        config, settings = None, [str(config), *settings]  # `--resume RUN KEY=VALUE`
    if (config is None) == (resume is None):
        raise UsageError(
            "give a CONFIG to train, or --resume RUN to go on", hint="such as: netcli train configs/digits-cnn.yaml"
        )
    if resume is not None and run_dir is not None:
        raise UsageError("--run-dir does not go with --resume", hint="a run goes on in its own directory")
    _train(config, resume, run_dir, settings, _Shown(quiet, json, every, depth))


@dataclass(frozen=True)
class _Shown:
    """What is shown of a training."""

    quiet: bool
    json: bool
    every_parameter: bool
    depth: int | None

    @property
    def output(self) -> Output:
        """Where it is shown: with --json the results are a document."""
        return messages() if self.json else results()


def _train(config: Path | None, resume: Path | None, run_dir: Path | None, overrides: Sequence[str], shown: _Shown) -> None:
    from netcli.errors import DivergedError  # noqa: PLC0415 - heavy imports only when training

    prepared = _resumed(resume, overrides, shown) if resume is not None else _new(config, run_dir, overrides, shown)
    with prepared as (run, trainer):
        outcome = _told(run, trainer, shown)
    if shown.json:
        print_json({"run_dir": str(run.path), **outcome.summary.as_json()})
    match outcome.summary.stopped:
        case "diverged":
            where = outcome.diverged_at
            epoch, batch = trainer.position.epoch + 1, trainer.position.batch + 1
            raise DivergedError(
                f"training diverged in epoch {epoch}, step {batch} of it: "
                + (str(where) if where else "the update is not finite"),
                place=trainer.session.place_of(where.layer) if where else None,
                hint=f"try a lower learning rate or clip_norm; the weights before that step are kept in {run.last}",
            )
        case "interrupted":
            messages().line(f"interrupted; netcli train --resume {quote(str(run.path))} goes on")
            raise typer.Exit(130)


def _told(run: RunDirectory, trainer: Trainer, shown: _Shown) -> Outcome:
    """Train; the run directory, a page and a person are told how it goes."""
    from netcli.analysis.inspect.header import header  # noqa: PLC0415
    from netcli.report.listeners import Page, Terminal  # noqa: PLC0415
    from netcli.report.training import TrainingReport  # noqa: PLC0415
    from netcli.training.listeners import Checkpoints, Listener, Metrics, Patience, best_state  # noqa: PLC0415

    session = trainer.session
    about, patience = header(session, str(run.path)), session.loaded.config.train.patience
    report = TrainingReport(shown.output, quiet=shown.quiet, every_parameter=shown.every_parameter, depth=shown.depth)
    listeners: list[Listener] = [Metrics(run), Checkpoints(run), Page(run, about), Terminal(report, about)]
    if patience is not None:
        listeners.append(Patience(patience))
    with report:
        return trainer.train(listeners, lambda: best_state(run, session.model.variables.values()))


@contextmanager
def _new(
    config: Path | None, run_dir: Path | None, overrides: Sequence[str], shown: _Shown
) -> Iterator[tuple[RunDirectory, Trainer]]:
    from netcli.config.load import load  # noqa: PLC0415
    from netcli.report.compiling import Compiling  # noqa: PLC0415
    from netcli.runs.directory import create  # noqa: PLC0415
    from netcli.training.loop import Trainer  # noqa: PLC0415
    from netcli.training.session import prepare  # noqa: PLC0415
    from netcli.training.start import begin  # noqa: PLC0415

    assert config is not None
    loaded = load(config, overrides)
    session = prepare(loaded)
    tell(_remarks(session))
    with Compiling(shown.output, shown.quiet) as compiling:
        trainer = Trainer(session, begin(session), told=compiling)
    run = create(loaded.config.name, run_dir, _resolved(loaded))
    with run.claimed():
        yield run, trainer


@contextmanager
def _resumed(path: Path, overrides: Sequence[str], shown: _Shown) -> Iterator[tuple[RunDirectory, Trainer]]:
    from netcli.config.load import load  # noqa: PLC0415
    from netcli.report.compiling import Compiling  # noqa: PLC0415
    from netcli.runs.directory import open_run  # noqa: PLC0415
    from netcli.runs.files import write_atomically  # noqa: PLC0415
    from netcli.training.loop import Trainer  # noqa: PLC0415
    from netcli.training.session import prepare  # noqa: PLC0415
    from netcli.training.start import resume  # noqa: PLC0415

    run = open_run(path)
    with run.claimed():
        loaded = load(run.config, overrides)
        session = prepare(loaded)
        tell(_remarks(session))
        start, records = resume(run, session)
        with Compiling(shown.output, shown.quiet) as compiling:
            trainer = Trainer(session, start, records, compiling)
        if overrides:
            write_atomically(run.config, _resolved(loaded).encode())
        tell(_notes(run, trainer, start))
        yield run, trainer


def _notes(run: RunDirectory, trainer: Trainer, start: Checkpoint) -> Iterator[str]:
    """What a person should know who goes on with a run."""
    from netcli.config.dump import plain  # noqa: PLC0415

    session = trainer.session
    yield from start.notes(run.config, plain(session.loaded.config.model))
    if start.position.epoch >= trainer.epochs:
        yield f"nothing is left to do: epoch {start.position.epoch} is done, train.epochs is {trainer.epochs}"
    elif start.fingerprint != session.executor.fingerprint:
        yield (
            f"trained so far with {start.fingerprint}, going on with {session.executor.fingerprint}: "
            "the last bits may differ from an unbroken run"
        )


def _remarks(session: Session) -> Iterator[str]:
    """What is hardly meant in a config, though it can be trained."""
    from netcli.training.remarks import remarks  # noqa: PLC0415

    for remark in remarks(session):
        yield f"{remark.place}: {remark.message}; {remark.hint}"


def _resolved(loaded: Loaded) -> str:
    """The config as it is kept with the run. Raises UsageError."""
    from netcli.config.dump import absolute_paths, dump  # noqa: PLC0415

    try:
        return dump(absolute_paths(loaded.config, loaded.folder))
    except UnicodeEncodeError as error:
        raise UsageError(
            "the path of the data is not UTF-8, so that no YAML file can hold it", hint="rename the directory"
        ) from error

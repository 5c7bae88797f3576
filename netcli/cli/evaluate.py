"""`netcli evaluate`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netcli.cli.command import Group, command
from netcli.cli.running import (
    JsonOption,
    OverridesArgument,
    RunArgument,
    ThreadsOption,
    limit_threads,
    print_json,
    results,
    tell,
)
from netcli.errors import UsageError

if TYPE_CHECKING:
    from netcli.datasets.dataset import Split
    from netcli.training.confusion import Confusion
    from netcli.training.trained import Trained


class SplitName(StrEnum):
    """A part of the data."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class CheckpointName(StrEnum):
    """A checkpoint of a run."""

    BEST = "best"
    LAST = "last"


CheckpointOption = Annotated[CheckpointName, typer.Option("--checkpoint", help="Which weights of the run.")]


@command(Group.USE)
def evaluate(
    run: RunArgument,
    overrides: OverridesArgument = None,
    split: Annotated[SplitName, typer.Option("--split", help="Which part of the data.")] = SplitName.TEST,
    checkpoint: CheckpointOption = CheckpointName.BEST,
    threads: ThreadsOption = None,
    json: JsonOption = False,
) -> None:
    """Show how good a trained network is.

    Loss and metrics, and for classes a confusion matrix, precision and recall. The data is that of the run; KEY=VALUE
    changes it, such as data.dataset.mnist.path=/elsewhere.
    """
    limit_threads(threads)
    from netcli.training.trained import open_trained  # noqa: PLC0415 - heavy

    trained = open_trained(run, checkpoint.value, overrides or [])
    tell(trained.notes)
    part = _split(trained, split)
    metrics, confusion = _measure(trained, part)
    if json:
        print_json(_document(trained, split, checkpoint, part, metrics, confusion))
    else:
        _show(split, part, metrics, confusion)


def _split(trained: Trained, name: SplitName) -> Split:
    from netcli.datasets.prepare import load  # noqa: PLC0415

    data = load(trained.loaded.config.data, trained.loaded.folder, trained.loaded.config.seed)
    trained.check_data(data)
    part: Split | None = getattr(data, name.value)
    if part is None:
        raise UsageError(f"the data of {trained.run.path} has no {name.value} split", hint="--split names another one")
    return part


def _measure(trained: Trained, part: Split) -> tuple[dict[str, float], Confusion | None]:
    from netcli.training.confusion import Confusion  # noqa: PLC0415
    from netcli.training.evaluation import Evaluator, class_probabilities, predictions  # noqa: PLC0415

    metrics = Evaluator.of(trained.model, trained.executor)(trained.state, part)
    classes = trained.classes
    if classes is None:
        return metrics, None
    shares = class_probabilities(predictions(trained.model, trained.executor, trained.state, part.inputs), len(classes))
    return metrics, Confusion.of(classes, part.targets, shares.argmax(axis=1))


def _show(split: SplitName, part: Split, metrics: dict[str, float], confusion: Confusion | None) -> None:
    from netcli.report.evaluation import class_table, confusion_table, metrics_table  # noqa: PLC0415

    output = results()
    output.table(metrics_table(split.value, len(part), metrics))
    if confusion is not None:
        examples = confusion.counts.sum(axis=1).tolist()
        output.line()
        what = "examples" if part.targets.ndim == 1 else "pixels"
        output.table(class_table(confusion.classes, what, examples, confusion.precision, confusion.recall))
        output.line()
        output.table(confusion_table(confusion.classes, confusion.counts.tolist()))


def _document(
    trained: Trained,
    split: SplitName,
    checkpoint: CheckpointName,
    part: Split,
    metrics: dict[str, float],
    confusion: Confusion | None,
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "run_dir": str(trained.run.path),
        "checkpoint": checkpoint.value,
        "epoch": trained.position.epoch,
        "split": split.value,
        "examples": len(part),
        "metrics": metrics,
        "classes": None,
        "confusion": None,
    }
    if confusion is not None:
        rows = zip(confusion.classes, confusion.counts.sum(axis=1).tolist(), confusion.precision, confusion.recall, strict=True)
        document["classes"] = [{"name": n, "examples": e, "precision": p, "recall": r} for n, e, p, r in rows]
        document["confusion"] = confusion.counts.tolist()
    return document

"""`netcli predict`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netcli.cli.command import Group, command
from netcli.cli.evaluate import CheckpointName, CheckpointOption
from netcli.cli.running import JsonOption, RunArgument, ThreadsOption, limit_threads, print_json, results, tell

if TYPE_CHECKING:
    from netcli.graph import Array
    from netcli.training.trained import Trained


@command(Group.USE)
def predict(
    run: RunArgument,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Inputs: .npy, .npz, .csv, or PNG and JPEG pictures.", show_default=False),
    ],
    checkpoint: CheckpointOption = CheckpointName.BEST,
    top: Annotated[int, typer.Option("--top", min=1, help="How many classes to show.")] = 3,
    threads: ThreadsOption = None,
    json: JsonOption = False,
) -> None:
    """Predict with a trained network.

    Shows the classes and their probabilities, or the values.
    """
    limit_threads(threads)
    from netcli.training.evaluation import predictions  # noqa: PLC0415 - heavy
    from netcli.training.trained import open_trained  # noqa: PLC0415

    trained = open_trained(run, checkpoint.value)
    tell(trained.notes)
    names, inputs = _inputs(trained, files)
    predicted = predictions(trained.model, trained.executor, trained.state, inputs)
    if json:
        _print(trained, names, predicted)
    else:
        _show(trained, names, predicted, top)


def _inputs(trained: Trained, files: list[Path]) -> tuple[list[str], Array]:
    """The names and raw inputs of all files together, in the dtype of the network's input."""
    import numpy as np  # noqa: PLC0415

    from netcli.datasets.inputs import PICTURES, read_inputs  # noqa: PLC0415

    signature = trained.signature
    names: list[str] = []
    arrays: list[Array] = []
    for file in files:
        found, array = read_inputs(
            file, signature.input_shape, signature.features, signature.largest, delimiter=trained.delimiter
        )
        names += found
        arrays.append(trained.as_input(array, rounded=file.suffix.lower() in PICTURES))
    return names, np.concatenate(arrays)


def _show(trained: Trained, names: list[str], predicted: Array, top: int) -> None:
    from netcli.report.evaluation import predictions_table, values_table  # noqa: PLC0415
    from netcli.training.evaluation import class_probabilities  # noqa: PLC0415

    classes = trained.classes
    if classes is None:
        results().table(values_table(names, predicted.reshape(len(names), -1).tolist()))
        return
    shares = class_probabilities(predicted, len(classes))
    if shares.ndim > 2:
        taken = shares.argmax(axis=1).reshape(len(names), -1)
        counts = [[float((each == number).mean()) for number in range(len(classes))] for each in taken]
        results().table(predictions_table(names, classes, counts, top, of_pixels=True))
    else:
        results().table(predictions_table(names, classes, shares.tolist(), top))


def _print(trained: Trained, names: list[str], predicted: Array) -> None:
    from netcli.training.evaluation import class_probabilities  # noqa: PLC0415

    classes = trained.classes
    if classes is None:
        rows = [{"input": name, "values": value.tolist()} for name, value in zip(names, predicted, strict=True)]
    else:
        shares = class_probabilities(predicted, len(classes))
        rows = [_classified(name, classes, row) for name, row in zip(names, shares, strict=True)]
    print_json({"run_dir": str(trained.run.path), "predictions": rows})


def _classified(name: str, classes: Sequence[str], row: Array) -> dict[str, Any]:
    """An input with its class and the probabilities; where each pixel has a class, with the numbers of these, row by row."""
    if row.ndim > 1:
        return {"input": name, "classes": list(classes), "labels": row.argmax(axis=0).tolist()}
    probabilities = dict(zip(classes, row.tolist(), strict=True))
    return {"input": name, "class": classes[int(row.argmax())], "probability": float(row.max()), "probabilities": probabilities}

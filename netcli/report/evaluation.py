"""What a person sees of a trained network: how good it is, and what it predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, pstdev

from netcli import numbers
from netcli.report.table import Column, Table
from netcli.report.text import Cell, Styled

#: With more classes than this, the confusion matrix shows only pairs that are taken for each other most often.
_MATRIX_CLASSES = 20
_PAIRS = 15
#: With more predicted values than this for each input, they are summed up.
_MOST_VALUES = 10


def metrics_table(split: str, examples: int, metrics: Mapping[str, float]) -> Table:
    """Loss and metrics on one split."""
    columns = (Column("split"), Column("examples", "right"), *(Column(name, "right") for name in metrics))
    values = tuple(numbers.metric(name, value) for name, value in metrics.items())
    return Table(None, columns, ((split, numbers.count(examples), *(Styled(value, "strong") for value in values)),))


def class_table(
    classes: Sequence[str],
    what: str,
    examples: Sequence[int],
    precision: Sequence[float | None],
    recall: Sequence[float | None],
) -> Table:
    """Precision and recall per class; `what` is counted, examples or pixels."""
    columns = (
        Column("class", shrink=True),
        Column(what, "right"),
        Column("precision", "right"),
        Column("recall", "right"),
    )
    rows = tuple(
        (name, numbers.count(count), _share(p), _share(r))
        for name, count, p, r in zip(classes, examples, precision, recall, strict=True)
    )
    caption = "precision: share of those taken for the class that are of it; recall: share of those of the class found"
    return Table("classes", columns, rows, caption)


def confusion_table(classes: Sequence[str], counts: Sequence[Sequence[int]]) -> Table:
    """True classes in rows, predicted ones in columns; for many classes, the worst pairs."""
    if len(classes) > _MATRIX_CLASSES:
        return _pairs_table(classes, counts)
    columns = (Column("true \\ predicted", shrink=True), *(Column(name, "right", shrink=True) for name in classes))
    rows = tuple(
        (name, *(_count(value, right=row == column) for column, value in enumerate(counts[row])))
        for row, name in enumerate(classes)
    )
    return Table("confusion", columns, rows)


def _pairs_table(classes: Sequence[str], counts: Sequence[Sequence[int]]) -> Table:
    pairs = [
        (counts[row][column], classes[row], classes[column])
        for row in range(len(classes))
        for column in range(len(classes))
        if row != column and counts[row][column]
    ]
    worst = sorted(pairs, key=lambda pair: -pair[0])[:_PAIRS]
    columns = (Column("true", shrink=True), Column("taken for", shrink=True), Column("examples", "right"))
    rows = tuple((true, taken, numbers.count(count)) for count, true, taken in worst)
    return Table("most frequent mistakes", columns, rows, f"{len(worst)} of {len(pairs)} kinds of mistakes are shown")


def predictions_table(
    names: Sequence[str], classes: Sequence[str], shares: Sequence[Sequence[float]], top: int, of_pixels: bool = False
) -> Table:
    """The likeliest classes of each input, with their probabilities; or those of most of its pixels, with their shares."""
    top = min(top, len(classes))
    titles = ["prediction", "p", *(title for place in range(2, top + 1) for title in (f"{place}.", f"p{place}"))]
    columns = (
        Column("input", shrink=True),
        *(Column(t, "right" if t.startswith("p") and t != "prediction" else "left") for t in titles),
    )
    rows = []
    for name, values in zip(names, shares, strict=True):
        order = sorted(range(len(classes)), key=lambda index: -values[index])[:top]
        cells: list[Cell] = [name]
        for place, index in enumerate(order):
            cells += [Styled(classes[index], "strong" if place == 0 else None), _share(values[index])]
        rows.append(tuple(cells))
    return Table(None, columns, tuple(rows), "p: the share of the pixels that are taken for the class" if of_pixels else None)


def values_table(names: Sequence[str], values: Sequence[Sequence[float]]) -> Table:
    """Predicted values of each input; what there is to say of them, where there are too many to show."""
    count = max((len(row) for row in values), default=1)
    if count > _MOST_VALUES:
        return _summary_table(names, values)
    titles = ["prediction"] if count == 1 else [f"output {index + 1}" for index in range(count)]
    columns = (Column("input", shrink=True), *(Column(title, "right") for title in titles))
    rows = tuple((name, *(f"{value:.6g}" for value in row)) for name, row in zip(names, values, strict=True))
    return Table(None, columns, rows)


def _summary_table(names: Sequence[str], values: Sequence[Sequence[float]]) -> Table:
    titles = ("values", "mean", "deviation", "least", "greatest")
    columns = (Column("input", shrink=True), *(Column(title, "right") for title in titles))
    rows = tuple(
        (name, numbers.count(len(row)), *(f"{value:.6g}" for value in (fmean(row), pstdev(row), min(row), max(row))))
        for name, row in zip(names, values, strict=True)
    )
    return Table(None, columns, rows, "--json has every value")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _count(value: int, right: bool) -> Cell:
    if not value:
        return Styled("·", "muted")
    return Styled(numbers.count(value), "good" if right else "bad")

"""The mirrored picture as lines."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from golden_files import check_golden, plain
from support.graphs import SAMPLES, Sample, deep, digits, early, knotted, lenet, nested, sigmoid_dropout

from netcli.report.graphs.folding import LONG, Detail
from netcli.report.graphs.picture import picture
from netcli.report.text import line_width, text_of

Made = Callable[[], Sample]


def lines(of: Sample, width: int | None = None, encoding: str = "utf-8", detail: Detail = "auto") -> list[str]:
    """The picture of a training step as plain text."""
    return plain(picture(of.view(), of.layers, width, encoding, detail)).splitlines()


@pytest.mark.parametrize(
    ("name", "made", "width", "encoding", "detail"),
    [
        ("sigmoid_dropout.80", sigmoid_dropout, 80, "utf-8", "auto"),
        ("sigmoid_dropout.120", sigmoid_dropout, 120, "utf-8", "auto"),
        ("sigmoid_dropout.60.ascii", sigmoid_dropout, 60, "ascii", "auto"),
        ("digits.140", digits, 140, "utf-8", "auto"),
        ("lenet.layers", lenet, 80, "utf-8", "layers"),
        ("nested.80", nested, 80, "utf-8", "full"),
        ("nested.layers", nested, 80, "utf-8", "layers"),
        ("nested.layers.ascii", nested, 60, "ascii", "layers"),
        ("early.120", early, 120, "utf-8", "auto"),
    ],
)
def test_pictures(name: str, made: Made, width: int, encoding: str, detail: Detail) -> None:
    check_golden(f"{name}.picture", "\n".join(lines(made(), width, encoding, detail)) + "\n")


@pytest.mark.parametrize("made", SAMPLES, ids=lambda made: made.__name__)
@pytest.mark.parametrize(
    ("width", "encoding"), [(50, "utf-8"), (60, "utf-8"), (80, "utf-8"), (80, "ascii"), (120, "utf-8"), (200, "utf-8")]
)
def test_no_line_is_wider_than_asked(made: Made, width: int, encoding: str) -> None:
    of = made()
    for detail in ("auto", "layers"):
        found = picture(of.view(), of.layers, width, encoding, detail)  # type: ignore[arg-type]
        assert max(map(line_width, found)) <= width
        plain(found).encode(encoding)
        assert "\\u" not in plain(found)


@pytest.mark.parametrize("width", [60, 80, 120, None])
def test_guides_and_shapes_stay_in_their_columns(width: int | None) -> None:
    found = lines(knotted(), width)
    body = found[1 : found.index("")]
    first = next(place for place, line in enumerate(body) if "┌" in line)
    right = body[first].index("┌")
    assert {line[1] for line in body[2:-1]} <= set("▼│├┼")
    assert {line[right] for line in body[first + 1 : -1]} <= set("▲│├┼┿")
    assert body[-1][1] == "╰"
    assert body[-1][right] == "╯"
    ends = {re.match(r" [▼│] .*? (\S+)(?: [◀┄]|\s+[▲│┿├]|$)", line).end(1) for line in body if line.startswith(" ▼")}  # type: ignore[union-attr]
    assert len(ends) == 1


def test_every_differentiated_operation_is_drawn_once() -> None:
    found = [line for line in lines(sigmoid_dropout()) if line.startswith(" ▼")]
    operations = [line.split()[1].partition("(")[0] for line in found]
    assert operations == [
        "input", "subtract", "divide", "dense", "add", "sigmoid", "divide", "select",
        "subtract", "multiply", "sum", "divide", "batch_sum", "divide_1",
    ]  # fmt: skip


def test_an_ascii_picture_has_the_same_columns() -> None:
    of = knotted()
    unicode, ascii_ = lines(of, 100), lines(of, 100, "ascii")
    until = unicode.index("")
    assert [len(line) for line in ascii_[:until]] == [len(line) for line in unicode[:until]]
    assert ascii_[:until] != unicode[:until]


def test_without_a_width_nothing_is_cut() -> None:
    text = "\n".join(lines(knotted()))
    assert "…" not in text
    assert "half_weight_decay · weight + half_weight_decay · weight + conv2d_weight_grad(x, g)" in text
    assert "◀━ − lr · ∂weight" in "\n".join(lines(sigmoid_dropout()))


def test_a_long_stack_shows_equal_blocks_once() -> None:
    found = lines(deep(), 100)
    assert len(found) <= LONG + 5  # and the legend
    assert sum("conv2d_weight_grad" in line for line in found) == 2  # the first block is another one
    repeats = [line for line in found if "times more" in line]
    assert [re.sub(r"[┼─]", "", line).strip() for line in repeats] == ["these 3 layers 18 times more, to relu20"]
    assert sum(line.startswith(" ┼─ conv") for line in found) == 2


def test_full_detail_folds_nothing() -> None:
    found = lines(deep(), 100, detail="full")
    assert sum("conv2d_weight_grad" in line for line in found) == 20
    assert sum(line.startswith((" ──", " ┼─")) for line in found) == len(deep().layers)


def test_a_line_for_each_layer() -> None:
    found = lines(lenet(), 80, detail="layers")
    rows = [line for line in found if line.startswith(" ▼")]
    assert [line.split()[1] for line in rows] == [layer.name for layer in lenet().layers]
    conv2 = next(line for line in rows if "conv2" in line)
    assert "n×16×10×10" in conv2
    assert "KiB" not in conv2  # nothing needs it but relu, whose gradient reads its own result
    assert "6.25 KiB" in next(line for line in rows if "relu2" in line)  # 16·10·10 floats
    assert conv2.endswith("▲ ∂weight, ∂bias, ∂x")
    assert next(line for line in rows if "conv1" in line).endswith("▲ ∂weight, ∂bias")


def test_a_forward_graph_has_one_column() -> None:
    of = sigmoid_dropout()
    found = plain(picture(of.view("forward"), of.layers, 80))
    assert not set("▲◀┄╯∂") & set(found)
    assert "▼ sigmoid(x)" in found


def test_a_backward_graph_has_no_updates() -> None:
    of = sigmoid_dropout()
    found = plain(picture(of.view("backward"), of.layers, 80))
    assert "◀" not in found
    assert "∂weight" in found


def test_phases_have_their_styles() -> None:
    styles: dict[str, set[str | None]] = {}
    for line in picture(sigmoid_dropout().view(), sigmoid_dropout().layers, 100):
        for cell in line:
            if not isinstance(cell, str):
                styles.setdefault(text_of(cell).strip(), set()).add(cell.style)
    assert styles["sigmoid(x)"] == {"forward"}
    assert styles["g · y · (1 − y)"] == {"backward"}
    assert styles["∂weight"] == styles["weight"] == {"update"}
    assert styles["dense1"] == {"strong"}
    assert styles["one_hot(target)"] == {"muted"}

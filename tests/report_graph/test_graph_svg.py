"""The mirrored picture as a drawing: the SVG is read again, and its boxes and lines are measured."""

from __future__ import annotations

import io
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal
from xml.etree import ElementTree

import pytest
from PIL import Image
from support.graphs import SAMPLES, Sample, deep, digits, early, knotted, lenet, nested, sample, sigmoid_dropout

from netcli.analysis.inspect.roles import is_parameter, kept_values
from netcli.errors import UsageError
from netcli.graph import Graph, Known, Node, TensorType, placeholder
from netcli.report.graphs.document import as_json
from netcli.report.graphs.figure.png import MOST_PIXELS, ZOOM, png
from netcli.report.graphs.figure.svg import svg
from netcli.report.graphs.folding import Detail
from netcli.report.text import width_of

Made = Callable[[], Sample]
SVG = "{http://www.w3.org/2000/svg}"
#: Every sample in full, and what differs in other details.
DRAWN: list[tuple[Made, Detail]] = [
    *((made, "auto") for made in SAMPLES),
    (knotted, "layers"),
    (deep, "layers"),
    (deep, "full"),
    (nested, "layers"),
    (early, "layers"),
]
#: The widest character of the monospaced fonts in use, in units of the font's size: DejaVu Sans Mono, hmtx.
WIDEST = 1233 / 2048


@dataclass(frozen=True)
class Box:
    kind: str
    x: float
    y: float
    width: float
    height: float
    text: str
    nodes: frozenset[int]

    def has_border_at(self, x: float, y: float) -> bool:
        right, bottom = self.x + self.width, self.y + self.height
        upright = min(abs(x - self.x), abs(x - right)) < 0.1 and self.y - 0.1 <= y <= bottom + 0.1
        level = min(abs(y - self.y), abs(y - bottom)) < 0.1 and self.x - 0.1 <= x <= right + 0.1
        return upright or level


@dataclass(frozen=True)
class Line:
    flow: str
    source: str
    target: str
    ends: tuple[tuple[float, float], tuple[float, float]]


@cache
def text_of(made: Made, detail: Detail = "auto", view: Literal["forward", "backward", "step"] = "step") -> str:
    return svg(made().view(view), made().layers, detail)


def root_of(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def boxes_of(root: ElementTree.Element) -> dict[str, Box]:
    found = {}
    for group in root.iter(f"{SVG}g"):
        rectangle = next(group.iter(f"{SVG}rect"))
        sides = (float(rectangle.attrib[side]) for side in ("x", "y", "width", "height"))
        texts = [text.text or "" for text in group.iter(f"{SVG}text")]
        kind = group.attrib["class"].removeprefix("box ")
        found[group.attrib["id"]] = Box(kind, *sides, texts[0], frozenset(numbers(group)))
    return found


def numbers(element: ElementTree.Element) -> Iterator[int]:
    yield from map(int, element.attrib.get("data-nodes", "").split())


def lines_of(root: ElementTree.Element) -> list[Line]:
    found = []
    for path in root.iter(f"{SVG}path"):
        if path.attrib["class"].startswith("line "):
            points = [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path.attrib["d"])]
            flow = path.attrib["class"].removeprefix("line ")
            found.append(Line(flow, path.attrib["data-from"], path.attrib["data-to"], (points[0], points[-1])))
    return found


@pytest.mark.parametrize(("made", "detail"), DRAWN, ids=lambda value: getattr(value, "__name__", value))
def test_every_node_of_the_json_is_there_once(made: Made, detail: Detail) -> None:
    root = root_of(text_of(made, detail))
    drawn = [number for element in root.iter() for number in numbers(element)]
    nodes = as_json(made().view())["nodes"]
    assert sorted(drawn) == [node["id"] for node in nodes]
    in_boxes = {number for box in boxes_of(root).values() for number in box.nodes}
    for node in nodes:
        if node["phase"] == "backward" and node["op"] not in {"constant", "setting"}:
            assert node["id"] in in_boxes, node["name"]
    said = [text.text or "" for text in root.iter(f"{SVG}text") if "not drawn" in (text.text or "")]
    silent = {"constant", "setting", "batch_size"}
    left_out = [node for node in nodes if node["id"] not in in_boxes and node["op"] not in silent]
    assert said == [f"not drawn: {len(left_out)} nodes of metrics, statistics, norms and the optimizer's arithmetic"]


@pytest.mark.parametrize(("made", "detail"), DRAWN, ids=lambda value: getattr(value, "__name__", value))
def test_boxes_stand_apart_and_inside_the_page(made: Made, detail: Detail) -> None:
    root = root_of(text_of(made, detail))
    boxes = list(boxes_of(root).values())
    for one, other in itertools.combinations(boxes, 2):
        beside = one.x + one.width < other.x or other.x + other.width < one.x
        above = one.y + one.height < other.y or other.y + other.height < one.y
        assert beside or above, (one, other)
    assert all(box.x + box.width < float(root.attrib["width"]) for box in boxes)
    assert all(box.y + box.height < float(root.attrib["height"]) for box in boxes)


@pytest.mark.parametrize(("made", "detail"), DRAWN, ids=lambda value: getattr(value, "__name__", value))
def test_lines_lead_from_border_to_border(made: Made, detail: Detail) -> None:
    root = root_of(text_of(made, detail))
    boxes, lines = boxes_of(root), lines_of(root)
    assert len({(line.source, line.target) for line in lines}) == len(lines)
    for line in lines:
        assert boxes[line.source].has_border_at(*line.ends[0]), line
        assert boxes[line.target].has_border_at(*line.ends[1]), line


@pytest.mark.parametrize("made", SAMPLES, ids=lambda made: made.__name__)
def test_lines_are_the_reads_of_the_graph(made: Made) -> None:
    """Each line stands for a read between nodes of its boxes, each read between boxes has its line."""
    graph = made().view()
    ids = {node: number for number, node in enumerate(graph.nodes)}
    root = root_of(text_of(made))
    boxes = boxes_of(root)
    home = {number: name for name, box in boxes.items() for number in box.nodes}
    reads = {
        (home[ids[x]], home[ids[node]])
        for node in graph.nodes
        for place, x in enumerate(node.inputs)
        if place != node.op.like and ids[x] in home and ids[node] in home and not isinstance(x.op, Known)
    }
    lines = {(line.source, line.target) for line in lines_of(root)}
    ends = {name for name, box in boxes.items() if not box.nodes}
    # what is written out in several boxes (statistics, numbers), and the value that an update changes, have no line
    written: set[Node] = set()
    for node in graph.nodes:
        if node.op.name in {"variable", "constant", "setting", "batch_size"} or (
            node.inputs and written.issuperset(node.inputs)
        ):
            written.add(node)
    inlined = {name for name in reads - lines if name[0] != name[1] and boxes[name[1]].kind != "update"}
    for source, target in inlined:
        read = {x for number in boxes[target].nodes for x in graph.nodes[number].inputs if ids[x] in boxes[source].nodes}
        assert read <= written, (boxes[source], boxes[target])
    assert all(ends & set(pair) for pair in lines - reads)


@pytest.mark.parametrize("made", SAMPLES, ids=lambda made: made.__name__)
def test_gradients_stand_beside_what_they_differentiate(made: Made) -> None:
    graph = made().view()
    ids = {node: number for number, node in enumerate(graph.nodes)}
    boxes = boxes_of(root_of(text_of(made, "full")))
    home = {number: box for box in boxes.values() for number in box.nodes}
    checked = 0
    for gradient, node in ((node, node.origin.forward) for node in graph.nodes if node.origin.phase == "backward"):
        left, right = home.get(ids[node]) if node in ids else None, home.get(ids[gradient])  # type: ignore[index]
        if left is None or right is None or right.text.startswith("∂") or node is None or isinstance(gradient.op, Known):
            continue
        assert left.x < right.x
        if gradient in graph.nodes and right.kind == "backward" and not is_parameter(node):
            checked += left.y <= right.y and right.y + right.height <= left.y + left.height
    aligned = sum(box.kind == "backward" for box in boxes.values())
    parameters = [box for box in boxes.values() if box.kind == "parameter"]
    for box in parameters:
        beside = [other for other in boxes.values() if other.y == box.y and other.text.startswith(f"∂{box.text} = ")]
        assert len(beside) == 1
    assert checked >= aligned - len(parameters) - 1


@pytest.mark.parametrize("made", SAMPLES, ids=lambda made: made.__name__)
def test_dashed_lines_leave_the_values_that_are_kept(made: Made) -> None:
    graph = made().view()
    ids = {node: number for number, node in enumerate(graph.nodes)}
    root = root_of(text_of(made, "full"))
    boxes = boxes_of(root)
    sources = {line.source for line in lines_of(root) if line.flow == "kept"}
    kept = {ids[node] for node in kept_values(graph)}
    assert all(boxes[name].nodes & kept for name in sources)
    assert all(boxes[line.target].kind == "backward" for line in lines_of(root) if line.flow == "kept")


@pytest.mark.parametrize(("made", "detail"), DRAWN, ids=lambda value: getattr(value, "__name__", value))
def test_texts_fit_their_boxes_in_any_monospaced_font(made: Made, detail: Detail) -> None:
    for group in root_of(text_of(made, detail)).iter(f"{SVG}g"):
        rectangle, texts = next(group.iter(f"{SVG}rect")), list(group.iter(f"{SVG}text"))
        left, right = float(rectangle.attrib["x"]), float(rectangle.attrib["x"]) + float(rectangle.attrib["width"])
        for text in texts:
            room = float(text.attrib["textLength"])
            assert room >= width_of(text.text or "") * 12 * WIDEST
            assert left < float(text.attrib["x"])
            assert float(text.attrib["x"]) + room < right
        if len(texts) == 2:
            assert float(texts[0].attrib["x"]) + float(texts[0].attrib["textLength"]) < float(texts[1].attrib["x"])


def test_what_a_network_looks_like() -> None:
    boxes = [box.text for box in boxes_of(root_of(text_of(sigmoid_dropout))).values()]
    assert boxes[:3] == ["input", "subtract(x, mean)", "divide(x, deviation)"]
    assert "g · y · (1 − y)" in boxes
    assert "weight ← weight − lr · ∂weight" in boxes
    assert boxes[-2:] == ["loss", "∂loss = 1"]


def test_what_an_optimizer_computes_for_all_parameters_is_not_drawn() -> None:
    of = sample("[dense: 3, tanh, dense: 3, mse]", (4,), 3, optimizer="adam: 0.1")
    root = root_of(svg(of.view(), of.layers))
    boxes = boxes_of(root)
    into_updates = [line for line in lines_of(root) if line.flow == "update"]
    assert len(into_updates) == 4
    for line in into_updates:
        name = boxes[line.target].text.partition(" ←")[0]
        assert boxes[line.source].text.startswith(f"∂{name} = ")


def test_long_stacks_are_folded_as_in_the_terminal() -> None:
    boxes = [box.text for box in boxes_of(root_of(text_of(deep))).values()]
    assert boxes.count("these 3 layers 18 times more, to relu20") == 1
    layers = [box.text for box in boxes_of(root_of(text_of(lenet, "layers"))).values() if box.kind == "forward"]
    assert [text.split(" ")[0] for text in layers] == [*(layer.name for layer in lenet().layers), "loss"]
    full = [box.text for box in boxes_of(root_of(text_of(deep, "full"))).values()]
    assert sum("conv2d_weight_grad" in text for text in full) == 20


def test_a_forward_graph_has_no_other_columns() -> None:
    root = root_of(text_of(digits, "auto", "forward"))
    assert {box.kind for box in boxes_of(root).values()} == {"forward", "parameter"}
    assert {line.flow for line in lines_of(root)} == {"value"}
    assert "gradient" not in "".join(text.text or "" for text in root.iter(f"{SVG}text"))


def test_names_are_escaped() -> None:
    x = placeholder('a "b" <c> & \x1b', TensorType((2,), varying=True))
    found = boxes_of(root_of(svg(Graph({"loss": x * x}), ())))
    assert [box.text for box in found.values()] == ['a "b" <c> & \\x1b', "multiply(x, x)"]


def test_both_themes_have_a_colour_for_everything_that_is_drawn() -> None:
    style = next(root_of(text_of(digits)).iter(f"{SVG}style")).text or ""
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    coloured = [re.findall(r"^(\.[^{]*)\{[^}]*#", sheet, re.MULTILINE) for sheet in (light, dark)]
    assert coloured[0]
    assert sorted(coloured[0]) == sorted(coloured[1])


def test_a_png_has_twice_the_size_and_shows_boxes_and_text() -> None:
    text = text_of(sigmoid_dropout)
    root = root_of(text)
    with Image.open(io.BytesIO(png(text))) as image:
        assert image.format == "PNG"
        assert image.size == tuple(round(ZOOM * float(root.attrib[side])) for side in ("width", "height"))
        pixels = image.convert("RGB")
    assert pixels.getpixel((1, 1)) == (255, 255, 255)
    box = next(iter(boxes_of(root).values()))
    assert pixels.getpixel((round(2 * (box.x + box.width / 2)), round(2 * (box.y + 4)))) == (0xE6, 0xF2, 0xF9)
    inside = pixels.crop(tuple(round(2 * at) for at in (box.x + 4, box.y + 4, box.x + 60, box.y + box.height - 4)))
    assert inside.convert("L").getextrema()[0] < 100  # letters


def test_a_png_that_is_too_large_is_refused() -> None:
    side = 2 * MOST_PIXELS**0.5
    with pytest.raises(UsageError, match="is too large") as caught:
        png(f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}"/>')
    assert "--detail layers" in str(caught.value)


def test_without_resvg_a_png_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UsageError, match="needs resvg") as caught:
        png(text_of(sigmoid_dropout))
    assert "pip install resvg-py" in str(caught.value)


@pytest.mark.parametrize(("made", "detail"), DRAWN, ids=lambda value: getattr(value, "__name__", value))
def test_lanes_stand_apart_or_one_in_the_other(made: Made, detail: Detail) -> None:
    root = root_of(text_of(made, detail))
    rectangles = [element.attrib for element in root.iter(f"{SVG}rect") if element.attrib.get("class") == "lane"]
    lanes = [tuple(float(each[side]) for side in ("x", "y", "width", "height")) for each in rectangles]
    for (x, y, width, height), (x2, y2, width2, height2) in itertools.combinations(lanes, 2):
        apart = y + height < y2 or y2 + height2 < y
        inside = x < x2 and x2 + width2 < x + width and y < y2 and y2 + height2 < y + height
        assert apart or inside


def test_the_gradients_of_stacks_side_by_side_meet_in_one_box() -> None:
    root = root_of(text_of(nested, "full"))
    boxes = boxes_of(root)
    sums = {name for name, box in boxes.items() if box.text == "g = g₁ + g₂"}
    assert len(sums) == 5  # of both copies, of the residual with a shortcut, of the branch, and of the skip by name
    for name in sums:
        assert sum(line.target == name and line.flow == "gradient" for line in lines_of(root)) == 2


def test_penalties_do_not_hide_where_the_output_of_a_layer_goes() -> None:
    of = sample("[dense: 4, relu, dense: 4, mse]", (4,), 4, weight_decay=0.1)
    drawn = root_of(svg(of.view(), of.layers, "layers"))
    boxes = boxes_of(drawn)
    into = [line for line in lines_of(drawn) if line.flow == "value" and boxes[line.target].text.startswith("mse1")]
    assert [boxes[line.source].text.split()[0] for line in into] == ["dense2"]

"""The page of a graph in a browser: as a person uses it, with the pointer and with keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.graphs import Sample, deep, digits, early, knotted, lenet, nested
from support.networks import first_state

from netcli.analysis.inspect.records import Flow
from netcli.analysis.inspect.value_statistics import flow_of
from netcli.executors import executor
from netcli.graph import Graph
from netcli.report.graphs.document import as_json
from netcli.report.graphs.page import graph_page

pytestmark = pytest.mark.slow

Theme = Literal["light", "dark"]
Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of a sample; whatever the console says fails the test."""
    said: list[str] = []
    contexts = []

    def open_page(of: Sample, *, theme: Theme = "light", flow: Flow | None = None, graph: Graph | None = None) -> Page:
        file = tmp_path / "graph.html"
        yaml = {layer.line: f"- {layer.type}" for layer in of.layers if layer.line is not None}
        file.write_text(graph_page(graph or of.view(), of.layers, "net", "net.yaml", yaml=yaml, flow=flow), encoding="utf-8")
        context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme=theme, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def box(page: Page, title: str, phase: str = "forward", layer: str | None = None) -> Locator:
    """The box with this title in a column; of a layer, where several have it."""
    key = page.evaluate(
        "([title, phase, layer]) => [...placed.keys()].find((key) => { const box = boxes.get(key);"
        " return box.phase === phase && titleOf(box) === title && (!layer || box.layer?.name === layer); }) ?? null",
        [title, phase, layer],
    )
    assert key is not None, f"no box {title} is seen in the column {phase}"
    return page.locator(f'[data-box="{key}"]')


def chosen(page: Page) -> Any:
    """Phase and title of the selected box."""
    return page.evaluate("state.selected && [seen(state.selected).phase, titleOf(seen(state.selected))]")


def becomes(page: Page, expression: str) -> None:
    """Waits until an expression is true: a turn of the wheel arrives some time after it was sent."""
    for _ in range(500):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(10)
    raise AssertionError(f"{expression} did not become true")


def flow(of: Sample, change: Callable[[Any], None] = lambda state: None) -> Flow:
    """What flows through the graph of a sample for random pictures, from a state that was changed."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (8, *of.model.input.shape)).astype(of.model.input.type.dtype)
    feeds = {"input": pixels, "target": random.integers(0, 10, 8).astype(np.int32)}
    state = first_state(of.model, 0, of.view())
    change(state)
    with np.errstate(all="ignore"):
        return flow_of(of.view(), state, feeds, executor("numpy"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("made", [digits, lenet, knotted, deep, nested, early], ids=lambda made: made.__name__)
def test_every_node_of_the_document_is_in_a_box(opened: Open, made: Callable[[], Sample], theme: Theme) -> None:
    of = made()
    page = opened(of, theme=theme)
    page.click("#open")
    keys = [element.get_attribute("data-box") for element in page.locator("[data-box]").all()]
    found = page.evaluate("keys => keys.flatMap((key) => [...boxes.get(key).nodes, ...boxes.get(key).leaves])", keys)
    assert sorted(found) == [node["id"] for node in as_json(of.view())["nodes"]]
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(246, 247, 248)") == (theme == "light")
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != ground


def test_forward_left_backward_right_at_the_same_height_updates_outside(opened: Open) -> None:
    page = opened(digits())
    places = {
        column: box(page, title, column, "relu1").bounding_box()
        for column, title in (("forward", "relu(x)"), ("backward", "select(y > 0, g, 0)"))
    }
    update = box(page, "weight − lr · (mu · momentum + ∂weight)", "update", "conv1").bounding_box()
    assert places["forward"] and places["backward"] and update
    assert places["forward"]["y"] == pytest.approx(places["backward"]["y"], abs=0.5)
    assert places["forward"]["x"] < places["backward"]["x"] < update["x"]
    overlapping = page.evaluate(
        "[...placed.values()].some((a) => [...placed.values()].some((b) => a !== b"
        " && Math.abs(a.x - b.x) < a.width && Math.abs(a.y - b.y) < (a.height + b.height) / 2))"
    )
    assert not overlapping


def test_a_click_tells_all_and_lights_the_partner(opened: Open) -> None:
    page = opened(digits())
    box(page, "conv2d(x, weight)", layer="conv1").click()
    panel = page.locator("#panel")
    for expected in (
        "10- conv",
        "conv2d(input/divide, conv1/weight)",
        "n×16×8×8",
        "float32",
        "18.4 kFLOP an example",
        "4.00 KiB",
    ):
        expect(panel).to_contain_text(expected)
    expect(panel).to_contain_text("conv1/add")  # who needs it
    box(page, "relu(x)").click()
    expect(panel).to_contain_text("select(y > 0, g, 0)")
    assert box(page, "select(y > 0, g, 0)", "backward").get_attribute("class").split()[-1] == "partner"  # type: ignore[union-attr]
    panel.get_by_role("button", name="select(y > 0, g, 0)").click()
    assert chosen(page) == ["backward", "select(y > 0, g, 0)"]
    page.mouse.click(20, 860)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_layers_close_and_open(opened: Open) -> None:
    page = opened(digits())
    everything = page.locator("[data-box]").count()
    page.locator(".toggle", has_text="conv1").click()
    assert page.locator("[data-box]").count() < everything
    closed = box(page, "▸ conv1")
    expect(closed).to_contain_text("160 parameters")
    closed.dblclick()
    assert page.locator("[data-box]").count() == everything
    page.click("#close")
    assert page.evaluate("[...placed.keys()].every((key) => boxes.get(key).level !== 'row')")


def test_a_long_network_opens_closed_with_counts(opened: Open) -> None:
    page = opened(deep())
    titles = page.locator(".box.forward .title").all_text_contents()
    assert titles[:4] == ["▸ input", "▸ conv1", "▸ batchnorm1", "▸ relu1"]
    group = box(page, "▸ 18 × these 3 layers")
    expect(group).to_contain_text("to relu20")
    group.click()
    page.keyboard.press("Enter")
    assert page.evaluate("shown().length") == len(deep().layers)
    assert page.evaluate("[...placed.keys()].filter((key) => boxes.get(key).level === 'row').length") == 0


def test_search_opens_what_hides_the_node(opened: Open) -> None:
    page = opened(deep())
    page.keyboard.press("/")
    page.keyboard.type("conv17 weight")
    expect(page.locator("#found li").first).to_contain_text("conv17/weight")
    page.keyboard.press("Enter")
    assert chosen(page) == ["forward", "weight"]
    expect(page.locator("#panel")).to_contain_text("conv17/weight")
    expect(page.locator(".box.selected")).to_be_in_viewport()
    page.fill("#search", "nothing has this name")
    expect(page.locator("#found")).to_have_text("nothing found")


def test_the_path_from_the_loss_to_a_weight(opened: Open) -> None:
    page = opened(digits())
    page.select_option("#target", label="conv1/weight")
    chain = page.locator("#chain")
    expect(chain).to_contain_text("∂loss/∂weight = ∂loss/∂a₁ · ∂a₁/∂a₂")
    links = chain.locator("li .link").all_text_contents()
    assert links[:2] == ["cross_entropy1/divide", "cross_entropy1/batch_sum"]
    assert links[-3:] == ["relu1/relu", "conv1/add", "conv1/conv2d"]
    expect(chain.locator("li").last).to_contain_text("g ← conv2d_weight_grad(x, g)")
    expect(box(page, "bias", layer="conv1")).not_to_have_class("lit")
    lit = page.locator(".box.backward.lit .title").all_text_contents()
    assert "conv2d_input_grad(weight, g)" not in lit
    assert {"select(y > 0, g, 0)", "max_pool2d_grad(x, g)", "dense(g, weight, transposed)", "∂weight"} <= set(lit)
    page.keyboard.press("Escape")
    assert page.locator(".lit").count() == 0


def test_ways_that_meet_are_counted(opened: Open) -> None:
    page = opened(knotted())
    page.select_option("#target", label="dense2/weight")
    # the weight is read by the layer, and twice (w · w) by its penalty, which is one way as the page counts operations
    expect(page.locator("#chain")).to_contain_text("the sum over 2 ways")


def test_keys(opened: Open) -> None:
    page = opened(digits())
    page.keyboard.press("ArrowDown")
    assert chosen(page) == ["forward", "input"]
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    assert chosen(page) == ["forward", "weight"]
    page.keyboard.press("ArrowRight")
    assert chosen(page)[0] == "backward"
    page.keyboard.press("ArrowRight")
    assert chosen(page)[0] == "update"
    page.keyboard.press("p")
    assert page.input_value("#target") == str(page.evaluate("labels[0]"))
    page.keyboard.press("Escape")
    assert chosen(page) is None
    page.keyboard.press("c")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert chosen(page) == ["forward", "▸ conv1"]
    page.keyboard.press("Enter")
    assert chosen(page) == ["forward", "weight"]
    page.keyboard.press("Enter")
    assert chosen(page) == ["forward", "▸ conv1"]
    zoom = page.evaluate("view.zoom")
    page.keyboard.press("+")
    assert page.evaluate("view.zoom") == pytest.approx(1.25 * zoom)
    page.keyboard.press("0")
    assert page.evaluate("world.height * view.zoom <= svg.clientHeight")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_drag_and_wheel(opened: Open) -> None:
    page = opened(digits())
    start = page.evaluate("({...view})")
    page.mouse.move(700, 500)
    page.mouse.down()
    page.mouse.move(760, 450, steps=3)
    page.mouse.up()
    dragged = page.evaluate("({...view})")
    assert (dragged["x"] - start["x"], dragged["y"] - start["y"]) == pytest.approx((60, -50))
    page.mouse.wheel(0, 100)
    becomes(page, f"view.y < {dragged['y']}")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    becomes(page, f"view.zoom > {start['zoom']}")


def test_values_are_painted(opened: Open) -> None:
    of = digits()
    page = opened(of, flow=flow(of))
    expect(box(page, "relu(x)")).to_contain_text("norm")
    expect(box(page, "bias", layer="conv1")).to_have_class("box forward row parameter zero")
    expect(page.locator("#legend")).to_contain_text("NaN")
    box(page, "weight", layer="conv1").click()
    weight = next(node for node in of.model.parameters if node.shape == (16, 1, 3, 3))
    expect(page.locator(".statistics").first).to_contain_text(f"norm{flow(of).statistics[weight].norm:.1f}"[:-1])
    expect(page.locator(".statistics").first).to_contain_text("update/weight")


def test_a_nan_stands_out(opened: Open) -> None:
    def spoil(state: Any) -> None:
        state.values["conv1/weight"][0, 0, 0, 0] = np.nan

    page = opened(digits(), flow=flow(digits(), spoil))
    broken = box(page, "conv2d(x, weight)", layer="conv1")
    expect(broken).to_have_class("box forward row data broken")
    expect(broken).to_contain_text("NaN")


@pytest.mark.parametrize("view", ["forward", "backward"])
def test_other_views(opened: Open, view: Literal["forward", "backward"]) -> None:
    page = opened(digits(), graph=digits().view(view))
    assert page.locator(".box.update").count() == 0
    assert (page.locator(".box.backward").count() > 0) == (view == "backward")


def closed_layers(page: Page) -> list[str]:
    """The titles of the layers and groups that are closed."""
    return page.evaluate(
        "[...placed.keys()].map((key) => boxes.get(key)).filter((box) => box.thing && box.phase === 'forward').map(titleOf)"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_layers_in_layers_open_and_close_one_after_the_other(opened: Open, theme: Theme) -> None:
    page = opened(nested(), theme=theme)
    page.click("#close")
    assert closed_layers(page)[3:6] == ["▸ repeat1", "▸ residual1", "▸ flatten1"]
    closed = box(page, "▸ residual1", layer="residual1")
    expect(closed).to_contain_text("n×8×2×2 · 336 parameters")  # 8·4·9 + 8, 8·4 + 8
    closed.click()
    page.keyboard.press("Enter")
    assert closed_layers(page)[4:7] == ["▸ conv1", "▸ relu1", "▸ shortcut/conv1"]
    assert chosen(page) == ["forward", "▸ conv1"]
    expect(box(page, "add(residual1/relu1/relu, x)")).to_be_visible()  # its own row
    page.locator(".toggle[data-thing]", has_text="residual1").click()
    assert closed_layers(page)[3:6] == ["▸ repeat1", "▸ residual1", "▸ flatten1"]
    box(page, "▸ repeat1").dblclick()
    assert closed_layers(page)[3:5] == ["▸ 1/residual1", "▸ 1 × this layer"]


def test_boxes_stand_in_boxes(opened: Open) -> None:
    page = opened(nested())
    page.click("#open")
    inside = page.evaluate(
        "bands.filter((band) => band.thing.outer).every((band) => {"
        " const outer = bands.find((one) => one.thing === band.thing.outer);"
        " return band.depth === outer.depth + 1 && band.top > outer.top"
        " && band.top + band.height < outer.top + outer.height; })"
    )
    assert inside
    overlapping = page.evaluate(
        "[...placed.values()].some((a) => [...placed.values()].some((b) => a !== b"
        " && Math.abs(a.x - b.x) < a.width && Math.abs(a.y - b.y) < (a.height + b.height) / 2))"
    )
    assert not overlapping


def test_the_gradients_of_a_residual_meet_where_its_data_part(opened: Open) -> None:
    page = opened(nested())
    page.click("#open")
    into = page.evaluate(
        "(() => { const [row] = layers.find((layer) => layer.name === 'relu1').rows;"
        " const meeting = row.boxes.find((box) => box.text === 'g = g₁ + g₂');"
        " const into = edgesSeen().filter((edge) => edge.to === meeting);"
        " return into.map((edge) => [edge.kind, edge.from.layer.name]).sort(); })()"
    )
    assert into == [["gradient", "repeat1/1/residual1"], ["gradient", "repeat1/1/residual1/conv1"]]


def test_search_opens_the_layers_around_a_node(opened: Open) -> None:
    page = opened(nested())
    page.click("#close")
    page.keyboard.press("/")
    page.keyboard.type("repeat1/2 conv1/weight")
    page.keyboard.press("Enter")
    assert chosen(page) == ["forward", "weight"]
    expect(page.locator(".box.selected")).to_be_in_viewport()


def test_updates_stand_with_their_own_parameters(opened: Open) -> None:
    page = opened(nested())
    page.click("#open")
    empty = page.evaluate(
        "[...boxes.values()].filter((box) => box.level === 'row' && box.phase === 'update' && !box.nodes.length).length"
    )
    assert empty == 0

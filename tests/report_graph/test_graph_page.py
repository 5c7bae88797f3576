"""The page of a graph: every node stands in one box, at its place; it needs no network and shows names as text."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.graphs import SAMPLES, Sample, deep, digits, knotted, lenet, sigmoid_dropout
from support.networks import first_state

from netcli.analysis.inspect.records import Flow
from netcli.analysis.inspect.value_statistics import flow_of
from netcli.analysis.inspect.views import View
from netcli.executors import executor
from netcli.graph import Graph
from netcli.passes import optimize
from netcli.report.graphs.document import as_json
from netcli.report.graphs.page import graph_page
from netcli.report.graphs.page_data import page_data

HOSTILE = "</script><script>alert(1)</script>&$name"


def boxes(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The boxes of a page's data."""
    rows = [row for layer in found["layers"] for row in layer["rows"]]
    beside = [box for row in rows for box in (row["forward"], *row["results"], row["update"]) if box is not None]
    return [*beside, *found["rest"].values()]


def flow(of: Sample, graph: Graph, examples: int = 8) -> Flow:
    """What flows through a graph of a sample for random data."""
    random = np.random.default_rng(0)
    largest = 1.0 if of.model.input.type.is_float else 255.0
    pixels = random.uniform(0, largest, (examples, *of.model.input.shape)).astype(of.model.input.type.dtype)
    feeds = {"input": pixels, "target": random.integers(0, 3, examples).astype(np.int32)}
    return flow_of(graph, first_state(of.model, 0, graph), feeds, executor("numpy"))


@pytest.mark.parametrize("optimized", [False, True])
@pytest.mark.parametrize("view", ["forward", "backward", "step"])
@pytest.mark.parametrize("made", SAMPLES, ids=lambda made: made.__name__)
def test_every_node_stands_in_one_box(made: object, view: View, optimized: bool) -> None:
    of: Sample = made()  # type: ignore[operator]
    graph = optimize(of.view(view)) if optimized else of.view(view)
    found = page_data(graph, of.layers)
    placed = Counter(node for box in boxes(found) for node in [*box["nodes"], *box["leaves"]])
    assert placed == Counter(node["id"] for node in as_json(graph)["nodes"])
    assert found["open"] == (sum(len(layer["rows"]) for layer in found["layers"]) <= 60)


@pytest.mark.parametrize("made", SAMPLES, ids=lambda made: made.__name__)
def test_derivatives_stand_beside_what_they_differentiate(made: object) -> None:
    of: Sample = made()  # type: ignore[operator]
    found = page_data(of.view(), of.layers)
    nodes = found["nodes"]
    for row in (row for layer in found["layers"] for row in layer["rows"]):
        own = set(row["forward"]["nodes"])
        for result in row["results"]:
            partners = {nodes[node]["forward"] for node in result["nodes"]}
            if row["role"] == "parameter":  # the operations that read it, directly or in another form
                assert result["value"] == found["gradients"][str(row["forward"]["nodes"][0])]
            else:
                assert partners <= own
            assert all(nodes[node]["phase"] == "backward" for node in result["nodes"])
        assert (row["update"] is not None) == (row["role"] == "parameter")


def test_long_stacks_are_closed_and_their_repetitions_together() -> None:
    found = page_data(deep().view(), deep().layers)
    assert not found["open"]
    assert [(group["times"], group["size"], group["last_name"]) for group in found["groups"]] == [(18, 3, "relu20")]
    names = [layer["name"] for layer in found["layers"]]
    assert names[found["groups"][0]["last"]] == "relu20"
    assert page_data(digits().view(), digits().layers)["open"]


def test_lines_of_the_config_and_values() -> None:
    of = sigmoid_dropout()
    graph = of.view()
    found = page_data(graph, of.layers, {10: "- dense: 3"}, flow(of, graph))
    assert found["yaml"] == {"10": "- dense: 3"}
    assert found["examples"] == 8
    weight = next(node for node in found["nodes"] if node["name"] == "dense1/weight")
    assert weight["line"] == 10
    assert weight["values"]["elements"] == 12
    assert sum(weight["values"]["histogram"]) == 12
    assert weight["update_ratio"] > 0
    assert page_data(graph, of.layers)["examples"] is None


def test_values_in_the_json_document() -> None:
    of = sigmoid_dropout()
    graph = of.view()
    found = as_json(graph, flow(of, graph))
    assert found["examples"] == 8
    assert {node["name"] for node in found["nodes"] if node["update_ratio"] is not None} == {"dense1/weight", "dense1/bias"}
    assert all(node["values"]["elements"] >= 1 for node in found["nodes"])


def test_the_page_needs_no_network() -> None:
    page = graph_page(lenet().view(), lenet().layers, "lenet", "lenet.yaml")
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?[a-z]+:""", page) == []
    assert "Copyright (c) 2012-2014 Chris Pettitt" in page
    assert "default-src 'none'" in page


def test_lenet_is_small() -> None:
    of = lenet()
    graph = of.view()
    plain, painted = (graph_page(graph, of.layers, "x", "x", flow=found) for found in (None, flow(of, graph)))
    assert len(plain.encode()) < 300_000
    assert len(painted.encode()) < 300_000


def test_names_stay_text() -> None:
    of = knotted()
    layers = [replace(layer, type=HOSTILE) for layer in of.layers]
    page = graph_page(of.view(), layers, HOSTILE, HOSTILE, yaml={10: HOSTILE})
    plain = graph_page(of.view(), of.layers, "x", "x")
    assert page.count("<script") == plain.count("<script")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    assert json.loads(found[1])["yaml"] == {"10": HOSTILE}

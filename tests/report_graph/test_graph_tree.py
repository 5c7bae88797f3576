"""A graph as a tree."""

from __future__ import annotations

import re

import pytest
from golden_files import check_golden, plain
from support.graphs import SAMPLES, digits, knotted, sigmoid_dropout

from netcli.graph import Constant
from netcli.report.graphs.tree import tree
from netcli.report.text import line_width


def test_tree_of_a_small_network() -> None:
    sample = sigmoid_dropout()
    check_golden("sigmoid_dropout.backward.tree", plain(tree(sample.view("backward"), sample.layers)))


def test_every_node_once_under_its_layer() -> None:
    sample = knotted()
    graph = sample.view()
    lines = plain(tree(graph, sample.layers)).splitlines()
    found = []
    layer = ""
    for line in lines:
        top = re.match(r"[├└]─ (\S+)", line)
        layer = top[1] if top else layer
        node = re.match(r"[│ ]  [│ ]  [├└]─ (\S+) = ", line)
        if node:
            forward = layer != "step" and not node[1].startswith(("gradients/", "update/", "grad_norm/", "weight_norm/"))
            found.append((layer, node[1]) if forward else (None, node[1]))
    assert len(found) == sum(not isinstance(node.op, Constant) for node in graph.nodes)
    assert ("eyes", "conv2d") in found
    assert ("cross_entropy1", "log_softmax") in found
    assert (None, "lr") in found
    assert found.count((None, "gradients/eyes/weight")) == 1


def test_branches_in_the_order_of_the_stack_and_of_the_phases() -> None:
    sample = digits()
    lines = plain(tree(sample.view(), sample.layers)).splitlines()
    tops = [re.sub(r"[├└]─ (\S+).*", r"\1", line) for line in lines if re.match(r"[├└]─ ", line)]
    assert tops == ["input", "conv1", "relu1", "maxpool1", "flatten1", "dense1", "cross_entropy1", "step"]
    dense = lines[lines.index("├─ dense1 · dense · line 14") :]
    phases = [line.split("─ ")[1].split(" ")[0] for line in dense if re.match(r"│  [├└]─ ", line)][:3]
    assert phases == ["forward", "gradients", "update"]


@pytest.mark.parametrize("sample", SAMPLES[:4], ids=lambda sample: sample.__name__)
@pytest.mark.parametrize(("width", "encoding"), [(40, "utf-8"), (80, "ascii"), (200, "utf-8")])
def test_width_and_encoding(sample: object, width: int, encoding: str) -> None:
    found = sample()  # type: ignore[operator]
    lines = tree(found.view(), found.layers, width, encoding)
    assert max(map(line_width, lines)) <= width
    plain(lines).encode(encoding)
    assert "\\u" not in plain(lines)

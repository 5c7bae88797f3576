"""A graph for Graphviz: syntax, columns, edges."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter

import pytest
from golden_files import check_golden
from support.graphs import SAMPLES, digits, knotted, sigmoid_dropout

from netcli.analysis.inspect.roles import kept_values
from netcli.graph import Constant, Graph, TensorType, placeholder
from netcli.report.graphs.dot import dot

STRING = r'"(?:[^"\\]|\\.)*"'
ATTRIBUTES = rf"\[\w+=(?:{STRING}|[\w.]+)(?:, \w+=(?:{STRING}|[\w.]+))*\]"
#: What may stand in a line; a line opens a group, closes one, or is a whole statement.
STATEMENTS = {
    "open": r"digraph netcli \{|subgraph " + STRING + r" \{",
    "close": r"\}",
    "defaults": rf"(?:graph|node|edge) {ATTRIBUTES}",
    "node": rf"({STRING}) {ATTRIBUTES}",
    "edge": rf"({STRING}) -> ({STRING}) ({ATTRIBUTES})",
    "rank": rf"\{{rank=(?:same|min); {STRING}(?: -> {STRING})* {ATTRIBUTES}\}}",
}


def parsed(text: str) -> dict[str, list[re.Match[str]]]:
    """The statements by kind; every line must be one, and groups must be balanced."""
    found: dict[str, list[re.Match[str]]] = {kind: [] for kind in STATEMENTS}
    depth = 0
    for line in text.splitlines():
        matches = [(kind, match) for kind, form in STATEMENTS.items() if (match := re.fullmatch(form, line.strip()))]
        assert len(matches) == 1, line
        kind, match = matches[0]
        depth += (kind == "open") - (kind == "close")
        found[kind].append(match)
    assert depth == 0
    return found


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.__name__)
def test_every_node_once_and_every_edge_between_nodes(sample: object) -> None:
    of = sample()  # type: ignore[operator]
    graph = of.view()
    found = parsed(dot(graph, of.layers))
    ids = Counter(match[1] for match in found["node"])
    shown = {f'"{graph.names[node]}"' for node in graph.nodes if not isinstance(node.op, Constant)}
    assert set(ids) == shown | {f'"heading {phase}"' for phase in ("forward", "backward", "update")}
    assert max(ids.values()) == 1
    assert all(match[1] in ids and match[2] in ids for match in found["edge"])
    pairs = sum(not isinstance(x.op, Constant) for node in graph.nodes for x in set(node.inputs))
    assert len(found["edge"]) == pairs + len(graph.updates)


def test_dashed_edges_leave_the_values_that_are_kept() -> None:
    graph = digits().view("backward")
    edges = parsed(dot(graph, digits().layers))["edge"]
    sources = {match[1].strip('"') for match in edges if 'style="dashed"' in match[3]}
    kept = {graph.names[node] for node in kept_values(graph)}
    assert kept <= sources
    assert sources - kept == {"cross_entropy1/negate", "cross_entropy1/batch_size"}  # they tell how many examples there are


def test_gradients_run_up_and_data_run_down() -> None:
    edges = parsed(dot(digits().view("backward"), digits().layers))["edge"]
    attributes = {(match[1], match[2]): match[3] for match in edges}
    assert "dir" not in attributes['"conv1/add"', '"relu1/relu"']
    assert 'dir="back"' in attributes['"gradients/conv1/sum"', '"gradients/relu1/select"']


def test_dot_of_a_small_network() -> None:
    check_golden("sigmoid_dropout.backward.dot", dot(sigmoid_dropout().view("backward"), sigmoid_dropout().layers))


def test_names_are_quoted() -> None:
    x = placeholder('a "b" \\ {c}', TensorType((2,), varying=True))
    found = parsed(dot(Graph({"loss": x * x}), ()))
    assert found["node"][1][1] == r'"a \"b\" \\ {c}"'


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("view", ["forward", "backward", "step"])
def test_graphviz_draws_it_in_columns(view: str) -> None:
    text = dot(knotted().view(view), knotted().layers)  # type: ignore[arg-type]
    drawn = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True)
    assert not drawn.stderr
    places = re.findall(r'^node ("[^"]+"|\S+) (\S+) ', drawn.stdout, re.MULTILINE)
    x = {name.strip('"'): float(column) for name, column in places}
    right = min((x[name] for name in x if name.startswith("gradients/")), default=float("inf"))
    assert max(x[name] for name in x if name.startswith(("eyes/", "dense1/", "cross_entropy1/"))) < right

"""The JSON document of a graph, against its contract."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from support.graphs import SAMPLES, Sample, digits, lenet, sigmoid_dropout

from netcli.analysis.inspect.views import View
from netcli.graph import Graph, Variable, op_of
from netcli.report.graphs.document import as_json
from netcli.strict_json import dumps

ID = {"type": "integer", "minimum": 0}
NODE = {
    "id": ID,
    "name": {"type": "string", "minLength": 1},
    "op": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
    "attributes": {"type": "string"},
    "inputs": {"type": "array", "items": ID},
    "shape": {"type": "array", "items": ID},
    "varying": {"type": "boolean"},
    "dtype": {"enum": ["float32", "float64", "int32", "uint32", "uint8", "bool"]},
    "phase": {"enum": ["forward", "backward", "update"]},
    "layer": {"type": ["string", "null"], "minLength": 1},
    "line": {"type": ["integer", "null"], "minimum": 1},
    "flops": {"type": "integer", "minimum": 0},
    "forward": {"anyOf": [ID, {"type": "null"}]},
}
IDS = {"type": "object", "additionalProperties": ID}
SCHEMA = {
    "type": "object",
    "required": ["nodes", "outputs", "updates"],
    "additionalProperties": False,
    "properties": {
        "nodes": {
            "type": "array",
            "items": {"type": "object", "properties": NODE, "required": list(NODE), "additionalProperties": False},
        },
        "outputs": IDS,
        "updates": IDS,
    },
}


def document(graph: Graph) -> dict[str, Any]:
    """The document as another program reads it."""
    found: dict[str, Any] = json.loads(dumps(as_json(graph)))
    return found


def by_name(graph: Graph) -> dict[str, dict[str, Any]]:
    """The nodes by name."""
    return {node["name"]: node for node in document(graph)["nodes"]}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.__name__)
@pytest.mark.parametrize("view", ["forward", "backward", "step"])
def test_schema_ids_and_order(sample: Any, view: View) -> None:
    graph = sample().view(view)
    found = document(graph)
    jsonschema.validate(found, SCHEMA)
    nodes = found["nodes"]
    assert [node["id"] for node in nodes] == list(range(len(graph.nodes)))
    assert len({node["name"] for node in nodes}) == len(nodes)
    assert all(x < node["id"] for node in nodes for x in node["inputs"])  # so there is no circle
    assert all(number < len(nodes) for number in [*found["outputs"].values(), *found["updates"].values()])
    assert set(found["updates"]) == {op_of(target, Variable).label for target in graph.updates}


@pytest.mark.parametrize("sample", SAMPLES[:4], ids=lambda sample: sample.__name__)
def test_phases_follow_each_other(sample: Any) -> None:
    nodes = document(sample().view())["nodes"]
    order = {"forward": 0, "backward": 1, "update": 2}
    computed = [node for node in nodes if node["inputs"]]
    assert all(
        order[nodes[x]["phase"]] <= order[node["phase"]] for node in computed for x in node["inputs"] if nodes[x]["inputs"]
    )


@pytest.mark.parametrize("sample", SAMPLES[:4], ids=lambda sample: sample.__name__)
def test_backward_nodes_know_their_forward_nodes(sample: Any) -> None:
    nodes = document(sample().view())["nodes"]
    numbers: set[int] = set()  # what is computed from constants alone may serve several layers
    for node in nodes:
        if node["op"] == "constant" or (node["inputs"] and numbers.issuperset(node["inputs"])):
            numbers.add(node["id"])
            continue
        partner = None if node["forward"] is None else nodes[node["forward"]]
        if node["phase"] == "backward":
            assert partner is not None
            assert (partner["phase"], partner["layer"], partner["line"]) == ("forward", node["layer"], node["line"])
        else:
            assert partner is None


def test_a_node_in_full() -> None:
    nodes = by_name(digits().view())
    conv = nodes["conv1/conv2d"]
    assert conv == {
        "id": conv["id"],
        "name": "conv1/conv2d",
        "op": "conv2d",
        "attributes": conv["attributes"],
        "inputs": [nodes["input/divide"]["id"], nodes["conv1/weight"]["id"]],
        "shape": [16, 8, 8],
        "varying": True,
        "dtype": "float32",
        "phase": "forward",
        "layer": "conv1",
        "line": 10,
        "flops": 2 * 16 * 8 * 8 * 1 * 3 * 3,
        "forward": None,
    }
    gradient = nodes["gradients/conv1/weight"]
    assert (gradient["op"], gradient["shape"], gradient["varying"]) == ("conv2d_weight_grad", [16, 1, 3, 3], False)
    assert gradient["forward"] == conv["id"]
    assert nodes["conv1/weight"]["op"] == "variable"
    assert nodes["sgd/momentum/conv1/weight"]["phase"] == "update"


def test_flops_by_hand() -> None:
    nodes = by_name(lenet().view())
    multiply_add = 2 * 6 * 28 * 28 * 1 * 5 * 5
    assert nodes["conv1/conv2d"]["flops"] == nodes["gradients/conv1/weight"]["flops"] == multiply_add
    assert nodes["conv1/add"]["flops"] == 6 * 28 * 28
    assert nodes["dense1/dense"]["flops"] == nodes["gradients/dense1/weight"]["flops"] == 2 * 400 * 120
    assert nodes["update/conv1/weight"]["flops"] == 6 * 1 * 5 * 5
    assert nodes["maxpool1/max_pool2d"]["flops"] == 6 * 14 * 14 * 3


def test_outputs_and_updates_by_name() -> None:
    found = document(sigmoid_dropout().view())
    names = [node["name"] for node in found["nodes"]]
    assert names[found["outputs"]["gradients/dense1/weight"]] == "gradients/dense1/weight"
    assert names[found["outputs"]["lr"]] == "lr"
    assert names[found["updates"]["dense1/bias"]] == "update/dense1/bias"


def test_constants_and_placeholders_belong_to_the_first_that_reads_them() -> None:
    sample: Sample = sigmoid_dropout()
    nodes = document(sample.view())["nodes"]
    for node in nodes:
        if node["op"] in {"constant", "placeholder"}:
            first = next(user for user in nodes if node["id"] in user["inputs"])
            assert (node["phase"], node["layer"]) == (first["phase"], first["layer"])

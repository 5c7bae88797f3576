"""An event file for TensorBoard, read again: its framing by the format's own words, its messages by protobuf."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest
from support.graphs import SAMPLES, Sample, digits
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.graph_pb2 import GraphDef

from netcli.errors import UsageError
from netcli.graph import DType
from netcli.graph import Variable as VariableOp
from netcli.report.graphs.document import as_json
from netcli.report.graphs.tensorboard import FILE, graph_def, write_events

#: TensorFlow's DataType (tensorflow/core/framework/types.proto).
DT: dict[DType, int] = {"float32": 1, "float64": 2, "int32": 3, "uint8": 4, "bool": 10, "uint32": 22}


def masked_crc(data: bytes) -> int:
    """CRC-32C (polynomial 0x1EDC6F41, reflected), turned by 15 bits and shifted by a constant, as TFRecord has it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return (crc >> 15 | crc << 17) + 0xA282EAD8 & 0xFFFFFFFF


def records(path: Path) -> list[bytes]:
    """The records of a TFRecord file: length, its checksum, data, their checksum."""
    content, found, place = path.read_bytes(), [], 0
    while place < len(content):
        (length, of_length) = struct.unpack_from("<QI", content, place)
        data = content[place + 12 : place + 12 + length]
        (of_data,) = struct.unpack_from("<I", content, place + 12 + length)
        assert (of_length, of_data) == (masked_crc(content[place : place + 8]), masked_crc(data))
        found.append(data)
        place += 16 + length
    return found


def test_the_file_has_a_version_and_the_graph(tmp_path: Path) -> None:
    graph = digits().view()
    path = write_events(graph, tmp_path / "logs" / "digits")
    assert path.name == FILE
    assert list((tmp_path / "logs" / "digits").iterdir()) == [path]
    first, second = (Event.FromString(record) for record in records(path))
    assert first.file_version == "brain.Event:2"
    assert GraphDef.FromString(second.graph_def) == graph_def(graph)
    assert write_events(graph, tmp_path / "logs" / "digits") == path  # in place of the older one


@pytest.mark.parametrize("made", SAMPLES, ids=lambda made: made.__name__)
def test_every_node_with_its_inputs_type_and_shape(made: object) -> None:
    of: Sample = made()  # type: ignore[operator]
    graph = of.view()
    found = graph_def(graph).node
    nodes = as_json(graph)["nodes"]
    assert len(found) == len(nodes)
    names = [node.name for node in found]
    assert len(set(names)) == len(names)
    for node, entry in zip(found, nodes, strict=True):
        assert list(node.input) == [names[x] for x in entry["inputs"]]
        assert node.name.split("/")[0] == entry["phase"]
        assert entry["layer"] is None or node.name.startswith(f"{entry['phase']}/{entry['layer']}/")
        (shape,) = node.attr["_output_shapes"].list.shape
        assert [dim.size for dim in shape.dim] == [-1] * entry["varying"] + entry["shape"]
        assert node.attr["dtype"].type == DT[entry["dtype"]]
        assert node.attr["line"].i == (entry["line"] or 0)
        assert node.attr["netcli"].s.decode() == entry["attributes"]


def test_the_new_values_of_variables_say_so() -> None:
    graph = digits().view()
    named = {node.attr["updates"].s.decode() for node in graph_def(graph).node} - {""}
    assert named == {x.op.label for x in graph.updates if isinstance(x.op, VariableOp)}


def test_without_tensorboardx_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX.record_writer", None)
    with pytest.raises(UsageError, match="needs tensorboardX") as caught:
        write_events(digits().view(), tmp_path)
    assert "pip install tensorboardX" in str(caught.value)
    assert not list(tmp_path.iterdir())

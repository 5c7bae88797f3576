"""The event file of a graph, read by TensorBoard itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.graphs import knotted

from netcli.report.graphs.document import as_json
from netcli.report.graphs.tensorboard import write_events

reading = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator",
    reason="reads with TensorBoard, which is not installed; it is in the extra `parity`",
)


def test_tensorboard_reads_the_graph(tmp_path: Path) -> None:
    graph = knotted().view()
    nodes = as_json(graph)["nodes"]
    write_events(graph, tmp_path)
    found = reading.EventAccumulator(str(tmp_path)).Reload().Graph().node
    names = [node.name for node in found]
    assert {name.split("/")[0] for name in names} == {"forward", "backward", "update"}
    assert [list(node.input) for node in found] == [[names[x] for x in entry["inputs"]] for entry in nodes]
    shapes = [[dim.size for dim in node.attr["_output_shapes"].list.shape[0].dim] for node in found]
    assert shapes == [[-1] * entry["varying"] + entry["shape"] for entry in nodes]

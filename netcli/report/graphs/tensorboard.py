"""A graph for TensorBoard's tab Graphs: an event file with a GraphDef, in the scopes forward, backward and update.

The protocol buffers and the file's framing are tensorboardX's: it needs neither TensorFlow nor TensorBoard, which has to be
installed only where the graph is looked at.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netcli.analysis.inspect.roles import origins
from netcli.errors import UsageError
from netcli.graph import Constant, DType, Graph, Node, Op, Origin, Phase, Placeholder, Setting, Variable, op_of

if TYPE_CHECKING:
    from tensorboardX.proto.graph_pb2 import GraphDef
    from tensorboardX.proto.node_def_pb2 import NodeDef

#: The file's name in the log directory; TensorBoard looks for "tfevents".
FILE = "events.out.tfevents.netcli"

#: What `graph.names` puts before the names of nodes that are not forward; the scopes say it here.
_PREFIXES: Mapping[Phase, str] = {"forward": "", "backward": "gradients/", "update": "update/"}

#: TensorBoard draws constants small, at what reads them, if they have TensorFlow's name.
_OPERATIONS: Mapping[type[Op], str] = {
    Constant: "Const", Setting: "Const", Variable: "Variable", Placeholder: "Placeholder",
}  # fmt: skip

#: Numbers of the types in TensorFlow's types.proto.
_TYPES: Mapping[DType, int] = {"float32": 1, "float64": 2, "int32": 3, "uint8": 4, "bool": 10, "uint32": 22}


def write_events(graph: Graph, directory: Path) -> Path:
    """Write the event file of a graph into a log directory, in place of an older one, and return its path.

    Raises UsageError where tensorboardX is not installed.
    """
    try:
        from tensorboardX.proto.event_pb2 import Event  # noqa: PLC0415 - optional
        from tensorboardX.record_writer import RecordWriter  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("writing an event file needs tensorboardX", hint="pip install tensorboardX") from error
    directory.mkdir(parents=True, exist_ok=True)
    path = directory.resolve() / FILE
    now = time.time()
    writer = RecordWriter(str(path))
    writer.write(Event(wall_time=now, file_version="brain.Event:2").SerializeToString())
    writer.write(Event(wall_time=now, graph_def=graph_def(graph).SerializeToString()).SerializeToString())
    writer.close()
    return path


def graph_def(graph: Graph) -> GraphDef:
    """Every node of the graph, in graph order, named `PHASE/LAYER/NAME`; a layer in others is in their scopes.

    Shapes have the batch as -1. The attributes are those of the operation, and `layer`, `line` and, for the new value of a
    variable, `updates` with the variable's label.
    """
    from tensorboardX.proto.graph_pb2 import GraphDef  # noqa: PLC0415 - optional
    from tensorboardX.proto.versions_pb2 import VersionDef  # noqa: PLC0415

    found = origins(graph)
    names = _names(graph, found)
    updates = {value: op_of(target, Variable).label for target, value in graph.updates.items()}
    nodes = [_node_def(node, names, found[node], updates.get(node)) for node in graph.nodes]
    return GraphDef(node=nodes, versions=VersionDef(producer=22))


def _names(graph: Graph, found: Mapping[Node, Origin]) -> dict[Node, str]:
    """A name of its own for every node, of letters that TensorBoard takes."""
    names: dict[Node, str] = {}
    taken: set[str] = set()
    for node in graph.nodes:
        origin = found[node]
        short = graph.names[node].removeprefix(_PREFIXES[origin.phase])
        if origin.layer:  # the layer's path once, in front: it is a scope for each layer around it
            short = f"{origin.layer}/{f'/{short}'.replace(f'/{origin.layer}/', '/', 1).removeprefix('/')}"
        plain = re.sub(r"[^A-Za-z0-9_.\-/]", "_", f"{origin.phase}/{short}")
        name, count = plain, 0
        while name in taken:
            count += 1
            name = f"{plain}_{count}"
        taken.add(name)
        names[node] = name
    return names


def _node_def(node: Node, names: Mapping[Node, str], origin: Origin, updates: str | None) -> NodeDef:
    from tensorboardX.proto.attr_value_pb2 import AttrValue  # noqa: PLC0415 - optional
    from tensorboardX.proto.node_def_pb2 import NodeDef  # noqa: PLC0415
    from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto  # noqa: PLC0415

    sizes = [*([-1] if node.type.varying else []), *node.shape]
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])
    texts = {"netcli": node.op.attributes, "layer": origin.layer, "updates": updates}
    attributes = {name: AttrValue(s=text.encode()) for name, text in texts.items() if text}
    attributes["_output_shapes"] = AttrValue(list=AttrValue.ListValue(shape=[shape]))
    attributes["dtype"] = AttrValue(type=_TYPES[node.type.dtype])
    if origin.line is not None:
        attributes["line"] = AttrValue(i=origin.line)
    operation = _OPERATIONS.get(type(node.op), node.op.name)
    return NodeDef(name=names[node], op=operation, input=[names[x] for x in node.inputs], attr=attributes)

"""The computational graph: types, nodes, operations' contract, leaves, text."""

from netcli.graph.graph import Graph, verify
from netcli.graph.leaves import (
    Constant,
    Initializer,
    Known,
    Leaf,
    Placeholder,
    Setting,
    Variable,
    as_node,
    constant,
    placeholder,
    setting,
    variable,
)
from netcli.graph.node import Node, op_of, read_by, topological
from netcli.graph.op import (
    Additive,
    Argument,
    Array,
    Differentiable,
    Multilinear,
    Notation,
    Op,
    Piecewise,
    Sample,
    name_of,
    places,
    uniform,
    varying,
)
from netcli.graph.origin import Origin, Phase, current_origin, derivative_of, layer, made_by, phase
from netcli.graph.text import text
from netcli.graph.types import DType, Shape, TensorType

__all__ = [
    "Additive", "Argument", "Array", "Constant", "DType", "Differentiable", "Graph", "Initializer", "Known", "Leaf",
    "Multilinear", "Node", "Notation", "Op", "Origin", "Phase", "Piecewise", "Placeholder", "Sample", "Setting", "Shape",
    "TensorType", "Variable", "as_node", "constant", "current_origin", "derivative_of", "layer", "made_by", "name_of", "op_of",
    "phase", "placeholder", "places", "read_by", "setting", "text", "topological", "uniform", "variable", "varying", "verify",
]  # fmt: skip

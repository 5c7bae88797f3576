"""The computational graph: types, nodes, operations' contract, leaves, text."""

from netcli.graph.graph import Graph, verify
from netcli.graph.leaves import (
    Constant,
    Initializer,
    Leaf,
    Placeholder,
    Variable,
    as_node,
    constant,
    placeholder,
    variable,
)
from netcli.graph.node import Node, op_of, read_by, topological
from netcli.graph.op import Argument, Array, Differentiable, Op, Piecewise, Sample, name_of, uniform, varying
from netcli.graph.origin import Origin, Phase, current_origin, derivative_of, layer, made_by, phase
from netcli.graph.text import text
from netcli.graph.types import DType, Shape, TensorType

__all__ = [
    "Argument", "Array", "Constant", "DType", "Differentiable", "Graph", "Initializer", "Leaf", "Node", "Op", "Origin",
    "Phase", "Piecewise", "Placeholder", "Sample", "Shape", "TensorType", "Variable", "as_node", "constant",
    "current_origin", "derivative_of", "layer", "made_by", "name_of", "op_of", "phase", "placeholder", "read_by", "text",
    "topological", "uniform", "variable", "varying", "verify",
]  # fmt: skip

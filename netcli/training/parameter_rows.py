"""The rows of an epoch, one for each parameter, from the averages over its steps."""

from __future__ import annotations

from collections.abc import Sequence

from netcli.graph import Node, Variable, op_of
from netcli.optimizers.norms import ParameterNorms, update_ratio
from netcli.runs.metrics import EpochRecord, ParameterRow
from netcli.training.averages import Averages


def parameter_rows(parameters: Sequence[Node], averages: Averages, before: Sequence[EpochRecord]) -> tuple[ParameterRow, ...]:
    """The gradients of an epoch, parameter by parameter; `before` are the epochs before it."""
    rows = []
    for index, node in enumerate(parameters):
        label = op_of(node, Variable).label
        norms = ParameterNorms.names(label).map(averages.mean)
        row = ParameterRow(
            name=label,
            layer=node.origin.layer,
            line=node.origin.line,
            shape=node.shape,
            norm=norms.grad_norm,
            weight_norm=norms.weight_norm,
            update_ratio=update_ratio(norms.update_norm, norms.weight_norm),
            zero_share=norms.zero_share,
            history=(*(record.parameters[index].norm for record in before), norms.grad_norm),
        )
        rows.append(row)
    return tuple(rows)

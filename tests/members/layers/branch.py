"""Stacks side by side."""

from __future__ import annotations

from members.layers.residual import convolved
from support.kinds import Kind
from support.late import torch
from support.members import LayerCase, LayerVariant, Tensor, Weights

IMAGE = (3, 5, 4)
PATHS = Kind(
    ([{"a": []}, {"b": ["relu"]}], [{"a": ["relu"]}, {"b": [{"dense": 3}]}, {"c": []}]),
    ([{"a": []}], [], {"a": [], "b": []}, [{"a": "relu"}, {"b": []}], ["relu", "tanh"], None, 3),
    ([{"a": []}, {"a": []}], [{"a": [], "b": []}, {"c": []}], [{"a b": []}, {"b": []}]),
)
WIDE = "wide: [conv: {filters: 4, padding: same}]"


def beside(w: Weights, x: Tensor) -> Tensor:
    """A convolution, then x itself."""
    return torch.cat([convolved(w, "branch1/wide/conv1", x), x], 1)


def gated(w: Weights, x: Tensor) -> Tensor:
    """Squeeze and excitation (Hu et al., 2018)."""
    gate = x.mean((2, 3)) @ w["branch1/gate/dense1/weight"] + w["branch1/gate/dense1/bias"]
    return x * gate.sigmoid()[:, :, None, None]


CASE = LayerCase(
    settings={"paths": PATHS, "join": Kind(("concat", "add", "multiply"), ("sum", "", 3, None))},
    needed={"paths": [{"a": ["tanh"]}, {"b": []}]},
    main=("paths", [{"a": []}, {"b": ["tanh"]}]),
    suits="glorot",
    variants=[
        LayerVariant("branch: [a: [tanh], b: []]", (6,), lambda w, x: torch.cat([x.tanh(), x], 1)),
        LayerVariant(f"branch: [{WIDE}, same: []]", IMAGE, beside),
        LayerVariant("branch: {paths: [x: [], gate: [global_avgpool, dense: 3, sigmoid]], join: multiply}", IMAGE, gated),
        LayerVariant(
            "branch: {paths: [a: [tanh], b: [], c: [sigmoid]], join: add}", (6,), lambda w, x: x.tanh() + x + x.sigmoid()
        ),
    ],
)

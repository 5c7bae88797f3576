"""Second derivatives along a direction, without the matrix of them."""

from __future__ import annotations

from collections.abc import Sequence

from netcli.autodiff.forward import jvp
from netcli.autodiff.reverse import gradients
from netcli.graph import Node


def hessian_vector_products(y: Node, xs: Sequence[Node], vectors: Sequence[Node]) -> list[Node]:
    """Add the nodes of H·v, one of the type of each x, H being the second derivatives of y by all xs together.

    Forward over reverse: the tangent of the gradient when the xs move along the vectors, which costs about as much as two
    gradients (Pearlmutter, "Fast exact multiplication by the Hessian", 1994). y is a scalar; of a varying y the sum over the
    batch is meant, as in `gradients`. An x that y does not depend on has zeros. Raises MissingRuleError.
    """
    return jvp(gradients([y], xs, unconnected="zero"), xs, vectors)

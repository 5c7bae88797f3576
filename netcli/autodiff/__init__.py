"""Differentiation of graphs: reverse mode, forward mode, and their check."""

from netcli.autodiff.forward import jvp
from netcli.autodiff.hessian import hessian_vector_products
from netcli.autodiff.paths import describe
from netcli.autodiff.reverse import gradients

__all__ = ["describe", "gradients", "hessian_vector_products", "jvp"]

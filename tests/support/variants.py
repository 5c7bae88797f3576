"""Models and batches of the variants that members' files declare."""

from __future__ import annotations

import json
from zlib import crc32

import numpy as np

from netcli.graph import Array, DType
from netcli.layers.stack import Model
from support.cases import LAYER_CASES
from support.members import Variant
from support.networks import model_of


def on_vectors(word: str) -> bool:
    """Whether a layer is tried on vectors; else on images."""
    return len(LAYER_CASES[word].variants[0].shape) == 1


def written(word: str) -> str:
    """The layer in YAML, with no more than it needs to stand behind images of 64 channels, or behind vectors."""
    case = LAYER_CASES[word]
    layer = f"{{{word}: {json.dumps({**case.needed, **case.fits})}}}"
    return f"{case.front}, {layer}" if case.front else layer


def model_of_variant(variant: Variant, dtype: DType = "float64") -> Model:
    """The model of its stack."""
    return _model(variant, variant.stack, dtype)


def trainable_model_of(variant: Variant, dtype: DType = "float64") -> Model:
    """The same; if there is nothing to train, with a dense layer in front of the stack, which is then one of vectors."""
    model = model_of_variant(variant, dtype)
    if model.parameters:
        return model
    (features,) = variant.shape
    return _model(variant, variant.stack.replace("[", f"[dense: {{units: {features}, name: front}}, ", 1), dtype)


def _model(variant: Variant, stack: str, dtype: DType) -> Model:
    return model_of(
        stack,
        variant.shape,
        classes=variant.classes,
        pixels=variant.pixels,
        target=variant.target,
        dtype=dtype,
        weight_decay=variant.weight_decay,
        l1=variant.l1,
    )


def generator_of(variant: Variant) -> np.random.Generator:
    """Random numbers of its own."""
    return np.random.default_rng(crc32(str(variant).encode()))


def batch_of(
    variant: Variant, generator: np.random.Generator, n: int | None = None, dtype: DType = "float64"
) -> dict[str, Array]:
    """Inputs and targets of `n` examples, by default of as many as the variant has."""
    n = n or variant.batch
    if variant.classes:
        y = generator.integers(0, variant.classes, (n, *variant.pixels)).astype("int32")
    elif variant.shares:
        y = generator.uniform(0, 1, (n, *variant.target)).astype(dtype)
    else:
        y = generator.normal(0, 2, (n, *variant.target)).astype(dtype)
    x = generator.normal(0, variant.scale, (n, *variant.shape)).astype(dtype)
    return {"input": x.round(), "target": y.round().astype(y.dtype)} if variant.ties else {"input": x, "target": y}

"""Every layer gives torch's outputs and torch's derivatives, to parameters and inputs."""

from __future__ import annotations

import numpy as np
import pytest
from peer import F, parity, torch
from support.cases import LAYER_CASES
from support.members import LayerVariant, Variant
from support.networks import first_state, layers_of, model_of, values_of

from netcli.graph import Node
from netcli.layers.layer import LAYERS
from netcli.ops.sigmoid import Tanh

VARIANTS = [variant for case in LAYER_CASES.values() for variant in (*case.variants, *case.parity)]
#: Settings that change no value of a network whose weights are given.
WITHOUT_VALUE = {"name", "init", "bias_init"}


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_equals_torch(variant: Variant) -> None:
    parity(variant)


@pytest.mark.parametrize("word", LAYER_CASES)
def test_every_setting_of_every_layer_is_compared(word: str) -> None:
    case = LAYER_CASES[word]
    used = [layer for variant in (*case.variants, *case.parity) for layer in layers_of(variant.stack) if layer.word == word]
    assert used
    for name, field in LAYERS.members[word].model_fields.items():
        if name not in WITHOUT_VALUE:
            default = None if field.is_required() else field.default
            assert any(getattr(layer, name) != default for layer in used), f"{word}: {name} is always {default!r}"


@pytest.mark.parametrize("factor", [1.01, 1 + 1e-8])
def test_a_wrong_derivative_is_seen(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    case = LayerVariant("tanh", (5,), lambda w, x: torch.tanh(x))
    parity(case)

    def derivative(self: Tanh, node: Node) -> Node:
        return (1.0 - node * node) * factor

    monkeypatch.setattr(Tanh, "derivative", derivative)
    with pytest.raises(AssertionError, match="d input of"):
        parity(case)


def test_a_wrong_output_is_seen() -> None:
    with pytest.raises(AssertionError, match="first of"):
        parity(LayerVariant("gelu", (5,), lambda w, x: F.gelu(x, approximate="tanh")))


@pytest.mark.parametrize("shape", [(3, 4, 5), (3,)], ids=str)
def test_running_statistics_equal_torch(shape: tuple[int, ...]) -> None:
    """After three batches; torch divides the running variance's share by n - 1, netcli by n."""
    generator = np.random.default_rng(5)
    model = model_of("[{batchnorm: {momentum: 0.3}}, flatten, {dense: 1}, mse]", shape, target=(1,))
    mean, variance = (model.variables[f"batchnorm1/running_{name}"] for name in ("mean", "variance"))
    state = first_state(model)
    their_mean, their_variance = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    for _ in range(3):
        x = generator.normal(1, 2, (6, *shape))
        updates = {"mean": model.training.updates[mean], "variance": model.training.updates[variance]}
        new = values_of(updates, state, {"input": x, "target": np.zeros((6, 1))})
        state.values["batchnorm1/running_mean"][...] = new["mean"]
        state.values["batchnorm1/running_variance"][...] = new["variance"]
        before, count = their_variance.clone(), x.size / 3
        F.batch_norm(torch.tensor(x), their_mean, their_variance, training=True, momentum=0.3)
        their_variance = 0.7 * before + (their_variance - 0.7 * before) * (count - 1) / count
    np.testing.assert_allclose(new["mean"], their_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(new["variance"], their_variance.numpy(), rtol=1e-12)

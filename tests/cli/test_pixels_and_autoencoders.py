"""Networks that say a class for each pixel, and networks that predict their own input, through all commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.runs import best_of, call, config_of, document, succeed, tensors_of

from netcli.report.evaluation import values_table

AUTOENCODER = """\
data: {dataset: iris, validation: 0.2}
model:
  layers: [dense: 2, dense: 4, mse: {target: input}]
train: {epochs: 2, optimizer: {adam: 0.01}}
"""
PIXELS = """\
data: {dataset: {npz: squares.npz}, validation: 0.2, batch_size: 16}
model:
  layers: [conv: {filters: 6, padding: same}, relu, conv: {filters: 3, kernel: 1}, cross_entropy]
train: {epochs: 2, optimizer: {adam: 0.02}}
"""


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on iris, whose labels it does not look at."""
    directory = tmp_path_factory.mktemp("autoencoder")
    succeed("train", config_of(directory, AUTOENCODER), "--run-dir", directory / "run", "-q")
    return directory / "run"


@pytest.fixture(scope="module")
def pixels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on images whose pixels have classes: 0 is dark, 2 is bright."""
    directory = tmp_path_factory.mktemp("pixels")
    generator = np.random.default_rng(0)
    y = generator.integers(0, 3, (80, 3, 2)).repeat(2, axis=1).repeat(2, axis=2)
    np.savez(directory / "squares.npz", x=(y + generator.normal(0, 0.2, y.shape)).astype("float32"), y=y)
    succeed("train", config_of(directory, PIXELS), "--run-dir", directory / "run", "-q")
    return directory / "run"


def test_an_autoencoder_predicts_its_standardised_input(autoencoder: Path, tmp_path: Path) -> None:
    w = tensors_of(best_of(autoencoder))
    x = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]])
    np.save(tmp_path / "x.npy", x.astype("float32"))
    found = document("predict", autoencoder, tmp_path / "x.npy")["predictions"]
    z = (x - w["input/mean"]) / w["input/deviation"]
    expected = (z @ w["dense1/weight"] + w["dense1/bias"]) @ w["dense2/weight"] + w["dense2/bias"]
    np.testing.assert_allclose([each["values"] for each in found], expected, rtol=1e-4, atol=1e-5)
    assert "output 4" in succeed("predict", autoencoder, tmp_path / "x.npy").output


def test_many_predicted_values_are_summed_up() -> None:
    shown = values_table(["a"], [[0.0] * 10])
    assert [column.title for column in shown.columns] == ["input", *(f"output {number}" for number in range(1, 11))]
    table = values_table(["a"], [[0.0, 4.0] + [2.0] * 9])
    assert [column.title for column in table.columns] == ["input", "values", "mean", "deviation", "least", "greatest"]
    assert table.rows == (("a", "11", "2", f"{(8 / 11) ** 0.5:.6g}", "0", "4"),)


def test_what_an_autoencoder_is_measured_by_are_values(autoencoder: Path) -> None:
    found = document("evaluate", autoencoder)
    assert found["metrics"].keys() == {"loss", "mae"}
    assert found["classes"] is found["confusion"] is None
    assert "confusion" not in succeed("evaluate", autoencoder).output


def test_doctor_compares_an_autoencoder_with_the_variance_of_its_inputs(autoencoder: Path) -> None:
    checks = {check["check"]: check for check in document("doctor", autoencoder.parent / "small.yaml")["checks"]}
    assert checks["initial loss"]["numbers"]["constant"] == pytest.approx(1, rel=1e-3)  # every feature has deviation 1


def test_a_class_for_each_pixel(pixels: Path, tmp_path: Path) -> None:
    found = document("evaluate", pixels)
    assert found["metrics"].keys() == {"loss", "accuracy"}
    counts = np.array(found["confusion"])
    assert counts.sum() == found["examples"] * 6 * 4
    assert np.trace(counts) / counts.sum() == pytest.approx(found["metrics"]["accuracy"], abs=1e-6)
    assert " pixels " in succeed("evaluate", pixels).output
    np.save(tmp_path / "x.npy", np.stack([np.zeros((1, 6, 4)), np.full((1, 6, 4), 2)]).astype("float32"))
    taken = document("predict", pixels, tmp_path / "x.npy")["predictions"]
    labels = np.array([each["labels"] for each in taken])
    assert labels.shape == (2, 6, 4)
    assert (labels[1] == 2).mean() > 0.5 > (labels[0] == 2).mean()
    assert taken[0]["classes"] == ["0", "1", "2"]
    shares = succeed("predict", pixels, tmp_path / "x.npy").output
    assert f"{(labels[1] == 2).mean():.1%}" in shares
    assert "share of the pixels" in shares


@pytest.mark.parametrize("text", [AUTOENCODER, PIXELS])
def test_every_command_takes_such_a_config(text: str, pixels: Path) -> None:
    config = config_of(pixels.parent, text, "again")
    for command in (["inspect-graph", config], ["gradcheck", config], ["doctor", config], ["diff", config, config]):
        assert call(*command).exit_code in {0, 1}, command  # doctor says 1 where it warns
    run = pixels.parent / f"resumed-{len(text)}"
    succeed("train", config, "train.epochs=1", "--run-dir", run, "-q")
    succeed("train", "--resume", run, "train.epochs=2", "-q")

"""`netcli evaluate` and `netcli predict`, against the numbers of training and against what is computed here by hand."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.runs import best_of, call, config_of, document, refused, succeed, tensors_of

from netcli.datasets import bundled

DIGITS = Path(__file__).parents[2] / "configs" / "digits-mlp.yaml"


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# --- a network on a table --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on iris, whose config has no test split, so that all 150 examples are trained on."""
    directory = tmp_path_factory.mktemp("iris")
    settings = ("train.epochs=12", "data.test=0", "data.validation=0")
    succeed("train", config_of(directory), *settings, "--run-dir", directory / "run", "-q")
    return directory / "run"


def rows() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The flowers, their classes, and the names of the classes."""
    with bundled("iris.csv").open() as file:
        _, *lines = csv.reader(file)
    names = sorted({line[-1] for line in lines})
    return np.array([line[:-1] for line in lines], float), np.array([names.index(line[-1]) for line in lines]), names


def by_hand(run: Path, x: np.ndarray) -> np.ndarray:
    """The probabilities of the classes, from the weights in the checkpoint."""
    w = tensors_of(best_of(run))
    z = (x - w["input/mean"]) / w["input/deviation"]
    return softmax(np.tanh(z @ w["dense1/weight"] + w["dense1/bias"]) @ w["dense2/weight"] + w["dense2/bias"])


def test_evaluate_by_hand(iris: Path) -> None:
    x, labels, names = rows()
    shares = by_hand(iris, x)
    counts = np.zeros((3, 3), int)
    for label, taken in zip(labels, shares.argmax(axis=1), strict=True):
        counts[label, taken] += 1
    found = document("evaluate", iris, "--split", "train")
    assert found["examples"] == 150
    assert found["confusion"] == counts.tolist()
    assert found["metrics"]["accuracy"] == pytest.approx(np.trace(counts) / 150)
    assert found["metrics"]["loss"] == pytest.approx(-np.log(shares[np.arange(150), labels]).mean(), rel=1e-4)
    for index, entry in enumerate(found["classes"]):
        assert entry["name"] == names[index]
        assert entry["examples"] == 50
        assert entry["recall"] == pytest.approx(counts[index, index] / 50)
        assert entry["precision"] == pytest.approx(counts[index, index] / counts[:, index].sum())
    assert 0 < counts.trace() < 150  # some are right, some are wrong: precision and recall say something


def test_predict_by_hand(iris: Path) -> None:
    x, _, names = rows()
    shares = by_hand(iris, x)
    found = document("predict", iris, bundled("iris.csv"))["predictions"]
    assert [entry["input"] for entry in found] == [f"{bundled('iris.csv')}:{line}" for line in range(2, 152)]
    assert [entry["class"] for entry in found] == [names[index] for index in shares.argmax(axis=1)]
    assert [entry["probability"] for entry in found] == pytest.approx(shares.max(axis=1), rel=1e-4)
    assert [list(entry["probabilities"].values()) for entry in found] == [
        pytest.approx(row, rel=1e-3, abs=1e-6) for row in shares
    ]


def test_every_kind_of_file_gives_the_same(iris: Path, tmp_path: Path) -> None:
    x = rows()[0].astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", x_test=x, other=np.ones(3))
    (tmp_path / "x.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in x))
    named = "petal_width,sepal_length,note,petal_length,sepal_width\n"
    (tmp_path / "n.csv").write_text(named + "".join(f"{d},{a},{1},{c},{b}\n" for a, b, c, d in x))
    expected = [entry["probabilities"] for entry in document("predict", iris, bundled("iris.csv"))["predictions"]]
    for name in ("x.npy", "x.npz", "x.csv", "n.csv"):
        found = document("predict", iris, tmp_path / name)["predictions"]
        assert [entry["probabilities"] for entry in found] == expected, name


def test_one_example_and_several_files(iris: Path, tmp_path: Path) -> None:
    x = rows()[0].astype(np.float32)
    np.save(tmp_path / "one.npy", x[0])
    np.save(tmp_path / "two.npy", x[1:3])
    np.save(tmp_path / "many.npy", x[:700].repeat(5, axis=0))  # more than are predicted at a time
    found = document("predict", iris, *(tmp_path / name for name in ("one.npy", "two.npy", "many.npy")))["predictions"]
    whole = document("predict", iris, bundled("iris.csv"))["predictions"]
    assert [entry["input"] for entry in found[:3]] == [str(tmp_path / name) for name in ("one.npy", "two.npy[0]", "two.npy[1]")]
    order = [0, 1, 2, *np.arange(150).repeat(5)]
    assert [entry["probability"] for entry in found] == pytest.approx(
        [whole[index]["probability"] for index in order], rel=1e-4
    )


@pytest.mark.parametrize("top", [1, 2, 3, 99])
def test_the_table_of_predictions(top: int, iris: Path, tmp_path: Path) -> None:
    x = rows()[0]
    np.save(tmp_path / "x.npy", x[:1])
    table = succeed("predict", iris, tmp_path / "x.npy", "--top", top).stdout
    shares = dict(zip(rows()[2], by_hand(iris, x[:1])[0], strict=True))
    expected = sorted(shares, key=lambda name: -shares[name])[:top]
    words = table.splitlines()[-1].split()
    assert words[0] == f"{tmp_path / 'x.npy'}[0]"
    assert words[1::2] == expected
    assert words[2::2] == [f"{shares[name]:.1%}" for name in expected]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (np.ones((2, 5)), r"of shape (2, 5), but the network's inputs have the shape (4,)"),
        (np.ones((0, 4)), r"of shape (0, 4)"),
        (np.ones(()), r"of shape ()"),
        (np.array([["a", "b", "c", "d"]]), "expected numbers"),
        (np.array([[1.0, np.nan, 1.0, 1.0]]), "example 0 has nan at position (1,)"),
        (np.full((1, 4), 1e300), "example 0 has inf at position (0,)"),
        (np.array([[1, 2, 3, None]], object), "never pickles"),
        (np.ones((1, 4), complex), "expected numbers"),
    ],
    ids=["five", "none", "scalar", "text", "nan", "huge", "objects", "complex"],
)
def test_inputs_that_are_refused(content: np.ndarray, said: str, iris: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", content, allow_pickle=content.dtype == object)
    message = refused("predict", iris, tmp_path / "x.npy")
    assert message.startswith(f"error: {tmp_path / 'x.npy'}")
    assert said in message


def test_no_input_at_all(iris: Path, tmp_path: Path) -> None:
    assert "Missing argument 'FILE" in refused("predict", iris)
    assert "there is no file" in refused("predict", iris, tmp_path / "x.npy")
    assert 'inputs are not read from ".txt" files' in refused("predict", iris, tmp_path / "x.txt")
    (tmp_path / "x.npy").mkdir()
    assert "is a directory" in refused("predict", iris, tmp_path / "x.npy")


# --- splits and other data -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of digits-mlp."""
    run = tmp_path_factory.mktemp("digits") / "run"
    succeed("train", DIGITS, "train.epochs=2", "--run-dir", run, "-q")
    return run


def test_each_split_has_its_numbers(digits: Path, tmp_path: Path) -> None:
    summary = document("train", DIGITS, "train.epochs=2", "--run-dir", tmp_path / "again")
    found = {split: document("evaluate", digits, "--split", split) for split in ("train", "validation", "test")}
    assert {split: entry["examples"] for split, entry in found.items()} == {"train": 1294, "validation": 144, "test": 359}
    assert found["test"]["metrics"] == summary["test"]
    assert document("evaluate", digits, "--checkpoint", "last", "--split", "validation")["metrics"] == summary["validation"]
    assert all(sum(map(sum, entry["confusion"])) == entry["examples"] for entry in found.values())
    table = succeed("evaluate", digits).stdout
    assert f"{summary['test']['accuracy']:.2%}".replace("%", " %") in table


def test_other_data(digits: Path, iris: Path) -> None:
    assert "was trained on other data: input shape 1×8×8 then, 4 now" in refused("evaluate", digits, "data.dataset=iris")
    assert "was trained on other data: input shape 4 then, 1×8×8 now" in refused("evaluate", iris, "data.dataset=digits")
    assert document("evaluate", digits, "data.test=0.5")["examples"] > 800  # another split of the same data is fine


def test_data_that_is_gone(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32), y=np.arange(30) % 2)
    text = "data: {dataset: {npz: d.npz}}\nmodel: {layers: [dense: 2, softmax, cross_entropy]}\n"
    succeed("train", config_of(tmp_path, text), "train.epochs=1", "--run-dir", tmp_path / "run", "-q")
    (tmp_path / "d.npz").rename(tmp_path / "moved.npz")
    message = refused("evaluate", tmp_path / "run")
    assert f"there is no file {(tmp_path / 'd.npz').resolve()}" in message
    assert document("evaluate", tmp_path / "run", f"data.dataset.npz.path={tmp_path / 'moved.npz'}")["examples"] == 6
    assert document("predict", tmp_path / "run", tmp_path / "moved.npz")["predictions"]  # needs none of the training data
    message = refused("train", "--resume", tmp_path / "run", "train.epochs=2")
    assert "there is no file" in message
    succeed("train", "--resume", tmp_path / "run", "train.epochs=2", f"data.dataset.npz.path={tmp_path / 'moved.npz'}")
    succeed("evaluate", tmp_path / "run")  # the run keeps the new place


def test_pictures(digits: Path, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    with np.load(bundled("digits.npz")) as archive:
        x = archive["x"]
    digit = x[0].reshape(8, 8)  # 0 to 16
    np.save(tmp_path / "digit.npy", digit)
    np.save(tmp_path / "digits.npy", x[:3].reshape(3, 1, 8, 8))
    # white is 255 in a picture and 16 in the data
    image.fromarray(np.round(digit.astype(float) * 255 / 16).astype(np.uint8)).save(tmp_path / "digit.png")
    array, png = (document("predict", digits, tmp_path / name)["predictions"][0] for name in ("digit.npy", "digit.png"))
    assert (png["input"], array["class"]) == (str(tmp_path / "digit.png"), png["class"])
    assert list(png["probabilities"].values()) == pytest.approx(list(array["probabilities"].values()), rel=1e-4)
    many = document("predict", digits, tmp_path / "digits.npy")["predictions"]
    assert many[0]["probabilities"] == pytest.approx(array["probabilities"], rel=1e-4)
    (tmp_path / "no.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    assert "no.png" in refused("predict", digits, tmp_path / "no.png")


def test_values_that_the_input_cannot_hold(digits: Path, tmp_path: Path) -> None:
    """The digits are bytes of 0 to 16: pictures scaled to 0 to 1 would all be black."""
    np.save(tmp_path / "scaled.npy", np.full((1, 8, 8), 0.5))
    assert "the network takes whole numbers of 0 to 255" in refused("predict", digits, tmp_path / "scaled.npy")
    np.save(tmp_path / "negative.npy", np.full((1, 8, 8), -1))
    assert "the network takes whole numbers of 0 to 255" in refused("predict", digits, tmp_path / "negative.npy")


# --- other kinds of networks -----------------------------------------------------------------------------------------


def trained(tmp_path: Path, data: dict[str, Any], layers: str) -> Path:
    np.savez(tmp_path / "d.npz", **data)
    text = f"data: {{dataset: {{npz: d.npz}}, standardize: none}}\nmodel: {{layers: [{layers}]}}\ntrain: {{epochs: 2}}\n"
    succeed("train", config_of(tmp_path, text), "--run-dir", tmp_path / "run", "-q")
    return tmp_path / "run"


def test_regression(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    data = {name: random.normal(size=shape).astype(np.float32) for name, shape in (("x", (40, 3)), ("y", (40, 2)))}
    run = trained(tmp_path, data, "dense: 2, mse")
    w = tensors_of(best_of(run))
    predicted = data["x"] @ w["dense1/weight"] + w["dense1/bias"]
    found = document("predict", run, tmp_path / "d.npz")
    assert [entry["values"] for entry in found["predictions"]] == [pytest.approx(row, rel=1e-4, abs=1e-5) for row in predicted]
    assert list(found["predictions"][0]) == ["input", "values"]
    line = succeed("predict", run, tmp_path / "d.npz").stdout.splitlines()[-1].split()
    assert [float(word) for word in line[1:]] == pytest.approx(predicted[-1], rel=1e-4)
    measured = document("evaluate", run)
    assert (measured["classes"], measured["confusion"]) == (None, None)
    assert list(measured["metrics"]) == ["loss", "mae"]
    everything = {split: document("evaluate", run, "--split", split) for split in ("train", "validation", "test")}
    squares = sum(entry["metrics"]["loss"] * entry["examples"] for entry in everything.values()) / 40
    assert squares == pytest.approx(np.square(predicted - data["y"]).mean(), rel=1e-4)
    assert "confusion" not in succeed("evaluate", run).stdout


def test_two_classes_with_one_output(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    data = {"x": random.normal(size=(40, 3)).astype(np.float32), "y": np.arange(40) % 2}
    run = trained(tmp_path, data, "dense: 1, sigmoid, binary_cross_entropy")
    w = tensors_of(best_of(run))
    second = (1 / (1 + np.exp(-(data["x"] @ w["dense1/weight"] + w["dense1/bias"]))))[:, 0]
    found = document("predict", run, tmp_path / "d.npz")["predictions"]
    assert [entry["probabilities"]["1"] for entry in found] == pytest.approx(second, rel=1e-4)
    assert [entry["probabilities"]["0"] for entry in found] == pytest.approx(1 - second, rel=1e-4)
    assert [entry["class"] for entry in found] == [str(int(share > 0.5)) for share in second]
    everything = [document("evaluate", run, "--split", split) for split in ("train", "validation", "test")]
    right = sum(entry["confusion"][index][index] for entry in everything for index in (0, 1))
    assert right == sum((second > 0.5) == (data["y"] == 1))
    assert sum(entry["metrics"]["accuracy"] * entry["examples"] for entry in everything) == pytest.approx(right)


def test_vectors_of_zeros_and_a_one(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    run = trained(tmp_path, {"x": random.normal(size=(40, 3)), "y": np.arange(40) % 3}, "dense: 3, sigmoid, mse")
    found = document("evaluate", run)
    assert np.trace(found["confusion"]) / found["examples"] == pytest.approx(found["metrics"]["accuracy"])


def test_logits_become_probabilities(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    run = trained(
        tmp_path, {"x": random.normal(size=(40, 3)).astype(np.float32), "y": np.arange(40) % 3}, "dense: 3, cross_entropy"
    )
    for entry in document("predict", run, tmp_path / "d.npz")["predictions"]:
        assert sum(entry["probabilities"].values()) == pytest.approx(1, rel=1e-5)


def test_classes_keep_their_names(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "a,b,sort\n" + "".join(f"{n},{n % 5},{('grün', 'très «vif»', 'a b')[n % 3]}\n" for n in range(40))
    )
    text = (
        "data: {dataset: {csv: {path: t.csv, label: sort}}}\n"
        "model: {layers: [dense: 3, softmax, cross_entropy]}\ntrain: {epochs: 1}\n"
    )
    succeed("train", config_of(tmp_path, text), "--run-dir", tmp_path / "run", "-q")
    assert [entry["name"] for entry in document("evaluate", tmp_path / "run")["classes"]] == ["a b", "grün", "très «vif»"]
    assert "très «vif»" in succeed("evaluate", tmp_path / "run").stdout
    found = document("predict", tmp_path / "run", tmp_path / "t.csv")["predictions"]
    assert {entry["class"] for entry in found} <= {"a b", "grün", "très «vif»"}


def test_a_run_works_wherever_it_is(iris: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = shutil.copytree(iris, tmp_path / "a run")
    monkeypatch.chdir(tmp_path)
    assert (
        document("evaluate", "a run", "--split", "train")["metrics"]
        == document("evaluate", iris, "--split", "train")["metrics"]
    )
    assert call("evaluate", copy, "--split", "train", "executor=nump").exit_code == 2

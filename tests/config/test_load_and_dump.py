"""From file to config and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcli.config.dump import absolute_paths, dump, plain
from netcli.config.load import load, load_text
from netcli.config.model import Config, ModelSettings, TrainSettings
from netcli.datasets.csv import Csv
from netcli.datasets.digits import Digits
from netcli.datasets.mnist import Mnist
from netcli.datasets.settings import DataSettings
from netcli.errors import ConfigError
from netcli.layers.conv import Conv
from netcli.layers.cross_entropy import CrossEntropy
from netcli.layers.dense import Dense
from netcli.layers.flatten import Flatten
from netcli.optimizers.schedules.constant import Constant
from netcli.optimizers.sgd import Sgd

RIGHT = sorted((Path(__file__).parent / "right").glob("*.yaml"))
EXAMPLES = sorted((Path(__file__).parents[2] / "configs").rglob("*.yaml"))
SMALL = "data: {dataset: digits}\nmodel: {layers: [flatten, dense: 10, cross_entropy]}\n"

DUMPED = """\
name: small
seed: 0
executor: llvm
data: {dataset: digits, batch_size: 32, validation: 0.1, scale: unit, shuffle: true}
model:
  layers:
  - flatten
  - dense: {bias: true, units: 10}
  - cross_entropy: {label_smoothing: 0.0}
train:
  epochs: 10
  optimizer:
    sgd: {lr: 0.01, momentum: 0.0, nesterov: false}
  schedule:
    constant: {warmup_epochs: 0.0}
  clip_norm: 2.0
  weight_decay: 0.0
  l1: 0.0
"""


def test_defaults(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    loaded = load(path)
    assert loaded.config == Config(
        name="small",
        seed=0,
        executor="llvm",
        data=DataSettings(dataset=Digits()),
        model=ModelSettings(layers=[Flatten(), Dense(units=10), CrossEntropy()]),
        train=TrainSettings(epochs=10, optimizer=Sgd(lr=0.01), schedule=Constant()),
    )
    assert (loaded.path, loaded.folder) == (path, tmp_path)


def test_places_and_lines(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("data: {dataset: digits}\nmodel:\n  layers:\n    - flatten\n\n    - dense:\n        units: 10\n    - mse\n")
    loaded = load(path)
    assert [loaded.locate(layer).line for layer in loaded.config.model.layers] == [4, 6, 8]
    units = loaded.place("model", "layers", 1, "dense", "units")
    assert str(units) == f"{path}:7:9"
    assert loaded.place("train", "epochs") is None


@pytest.mark.parametrize("path", RIGHT + EXAMPLES, ids=lambda path: path.stem)
def test_dump_reads_back_equal(path: Path) -> None:
    loaded = load(path)
    again = load_text(dump(loaded.config), "again.yaml", loaded.folder)
    # the layer types of blocks are made anew each time: their settings are compared
    assert plain(again.config) == plain(loaded.config)
    assert dump(again.config) == dump(loaded.config)
    absolute = absolute_paths(loaded.config, loaded.folder)
    assert plain(load_text(dump(absolute), "absolute.yaml", Path("/elsewhere")).config) == plain(absolute)


@given(text=st.text(min_size=1).filter(lambda text: "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)))
def test_dump_keeps_every_text(text: str) -> None:
    config = load_text(SMALL, "c.yaml", Path()).config
    strange = config.model_copy(update={"data": DataSettings(dataset=Mnist(path=text)), "executor": text})
    assert load_text(dump(strange), "c.yaml", Path()).config == strange


@given(lr=st.floats(min_value=0, exclude_min=True, allow_infinity=False), seed=st.integers(0, 2**32 - 1))
def test_dump_keeps_every_number(lr: float, seed: int) -> None:
    config = load_text(SMALL, "c.yaml", Path()).config
    changed = config.model_copy(update={"train": TrainSettings(optimizer=Sgd(lr=lr)), "seed": seed})
    assert load_text(dump(changed), "c.yaml", Path()).config == changed


def test_the_text_of_a_dump() -> None:
    """In the order of the models, with all defaults but those that are null."""
    assert dump(load_text(SMALL, "small.yaml", Path(), ["train.clip_norm=2"]).config) == DUMPED


def test_absolute_paths(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    text = "data: {dataset: {csv: {path: ../data/x.csv, label: y}}}\nmodel: {layers: [dense: 3, cross_entropy]}\n"
    config = load_text(text, "c.yaml", tmp_path).config
    changed = absolute_paths(config, tmp_path / "configs")
    assert changed.data.dataset == Csv(path=str(tmp_path / "data" / "x.csv"), label="y")
    assert changed.model == config.model
    assert absolute_paths(changed, Path("/other")) == changed


def test_relative_path_in_an_override_is_relative_to_the_config(tmp_path: Path) -> None:
    loaded = load_text(SMALL, "c.yaml", tmp_path, ["data.dataset.mnist=mnist"])
    assert absolute_paths(loaded.config, loaded.folder).data.dataset == Mnist(path=str(tmp_path / "mnist"))


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("digits-cnn.yaml", "digits-cnn"),
        ("a b.yaml", "a-b"),
        ("v1.2.yaml", "v1.2"),
        ("..odd..yaml", "odd"),
        ("größe.yaml", "gr-e"),
        ("日本.yaml", "config"),
        ("x" * 120 + ".yaml", "x" * 100),
    ],
)
def test_name_is_the_files(file: str, name: str) -> None:
    assert load_text(SMALL, file, Path()).config.name == name


def test_a_mark_of_byte_order_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert load(path).config.name == "c"
    assert load(path).located.keys["data",].column == 1


def test_a_missing_file_and_a_name_like_it(tmp_path: Path) -> None:
    (tmp_path / "digits.yaml").write_text(SMALL)
    with pytest.raises(ConfigError, match=r"there is no file .*digit\.yaml\n  did you mean \".*/digits\.yaml\"\?"):
        load(tmp_path / "digit.yaml")
    with pytest.raises(ConfigError, match=r"did you mean \".*/digits\.yaml\"\?"):
        load(tmp_path / "digits")
    with pytest.raises(ConfigError, match=r"YAML files in .*: digits\.yaml"):
        load(tmp_path / "zzz.yaml")
    with pytest.raises(ConfigError, match=r"the directory .*nowhere does not exist"):
        load(tmp_path / "nowhere" / "c.yaml")


def test_a_folder_that_may_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ConfigError, match=r"there is no file .*c\.yaml$"):
        load(tmp_path / "c.yaml")


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a directory; expected a YAML file"):
        load(tmp_path)


def test_a_path_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "c.yaml", Path("a\x00b.yaml"), tmp_path / ("x" * 300)):
        with pytest.raises(ConfigError):
            load(path)


def test_a_file_too_large_to_be_a_config(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(20_000_000)
    with pytest.raises(ConfigError, match="holds more than 10,000,000 bytes"):
        load(path)


def test_settings_of_layers_are_kept() -> None:
    text = "data: {dataset: digits}\nmodel: {layers: [conv: {filters: 3, padding: same, kernel: [1, 3], name: a}, mse]}\n"
    layer = load_text(text, "c.yaml", Path()).config.model.layers[0]
    assert layer == Conv(filters=3, padding="same", kernel=(1, 3), name="a")

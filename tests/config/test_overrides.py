"""Overrides: what they set, what they leave, and where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from netcli.config.load import Loaded, load_text
from netcli.config.located import locate
from netcli.config.model import Config
from netcli.config.overrides import override
from netcli.errors import ConfigError, UsageError
from netcli.layers.conv import Conv
from netcli.layers.flatten import Flatten
from netcli.layers.relu import Relu
from netcli.optimizers.adam import Adam
from netcli.optimizers.schedules.cosine import Cosine
from netcli.optimizers.sgd import Sgd

BASE = """\
data: {dataset: digits}
model:
  layers:
    - conv: 4
    - relu
    - flatten
    - dense: {units: 10, name: last}
    - cross_entropy
"""


def loaded(*overrides: str, train: str = "", data: str = "") -> Loaded:
    text = BASE.replace("digits", data) if data else BASE
    return load_text(text + (f"train: {train}\n" if train else ""), "c.yaml", Path(), overrides)


def test_a_value_is_typed_as_in_the_file() -> None:
    config = loaded("train.epochs=3", "train.clip_norm=1e-2", "data.shuffle=false", "name=mine", "seed=0x10").config
    assert (config.train.epochs, config.train.clip_norm, config.data.shuffle) == (3, 0.01, False)
    assert (config.name, config.seed) == ("mine", 16)


def test_null_takes_a_value_back() -> None:
    assert loaded("train.clip_norm=null", train="{clip_norm: 2.0}").config.train.clip_norm is None


def test_the_last_of_two_wins() -> None:
    assert loaded("train.epochs=3", "train.epochs=4").config.train.epochs == 4


def test_a_whole_mapping() -> None:
    config = loaded("train={epochs: 3, optimizer: adam}", train="{patience: 2}").config
    assert config.train.epochs == 3
    assert config.train.patience is None
    assert isinstance(config.train.optimizer, Adam)


@pytest.mark.parametrize(
    "train",
    ["", "null", "{}", "{optimizer: sgd}", "{optimizer: {sgd: 0.5}}", "{optimizer: {sgd: }}", "{optimizer: {sgd: {lr: 1.0}}}"],
)
def test_setting_of_a_choice_in_every_form(train: str) -> None:
    assert loaded("train.optimizer.sgd.lr=0.1", train=train).config.train.optimizer == Sgd(lr=0.1)


def test_setting_beside_the_main_one_keeps_it() -> None:
    assert loaded("train.optimizer.sgd.momentum=0.5", train="{optimizer: {sgd: 0.25}}").config.train.optimizer == Sgd(
        lr=0.25, momentum=0.5
    )
    assert loaded("model.layers.0.conv.kernel=[1, 5]").config.model.layers[0] == Conv(filters=4, kernel=(1, 5))


@pytest.mark.parametrize("train", ["", "{optimizer: sgd}", "{optimizer: {sgd: {lr: 0.5, momentum: 0.9}}}", "{optimizer: adam}"])
def test_another_choice_replaces_the_first(train: str) -> None:
    assert loaded("train.optimizer.adam.lr=0.5", train=train).config.train.optimizer == Adam(lr=0.5)


def test_choice_by_its_name() -> None:
    config = loaded("train.schedule=cosine", "train.optimizer=adam", train="{optimizer: {sgd: {momentum: 0.5}}}").config
    assert config.train.schedule == Cosine()
    assert config.train.optimizer == Adam()


@pytest.mark.parametrize("data", ["mnist", "{mnist: /y}", "{mnist: {path: /y}}", "digits"])
def test_path_of_a_data_set(data: str) -> None:
    config = loaded("data.dataset.mnist.path=/x", data=data).config
    assert config.data.dataset.model_dump() == {"path": "/x"}


def test_entry_of_a_list() -> None:
    layers = loaded("model.layers.0=flatten", "model.layers.2=relu").config.model.layers
    assert layers[:3] == [Flatten(), Relu(), Relu()]


def test_element_of_a_pair() -> None:
    config = loaded("model.layers.0.conv={filters: 4, kernel: [3, 3]}", "model.layers.0.conv.kernel.1=5").config
    assert config.model.layers[0] == Conv(filters=4, kernel=(3, 5))


def test_places_are_in_the_argument() -> None:
    result = loaded("train.optimizer.sgd.momentum=0.5", train="{optimizer: {sgd: 0.25}}")
    place = result.place("train", "optimizer", "sgd", "momentum")
    assert place is not None
    assert str(place) == "argument train.optimizer.sgd.momentum=0.5:1:21"
    assert place.text == "train.optimizer.sgd.momentum=0.5"
    lr = result.place("train", "optimizer", "sgd", "lr")
    assert lr is not None
    assert lr.source == "c.yaml"


def test_places_of_what_is_replaced_are_forgotten() -> None:
    result = loaded("model.layers.3=relu")
    assert ("model", "layers", 3, "dense", "units") not in result.located.values
    assert result.located.values["model", "layers", 3].source == "argument model.layers.3=relu"


def test_the_value_may_hold_an_equals_sign() -> None:
    with pytest.raises(ConfigError, match='found "a=b"'):
        loaded("name=a=b")


@pytest.mark.parametrize(
    "argument", ["train.epochs", "", "=", "=3", "train..epochs=3", ".epochs=3", "train.=3", "seed=", "seed=  "]
)
def test_not_an_override(argument: str) -> None:
    with pytest.raises(UsageError):
        loaded(argument)


@pytest.mark.parametrize("index", ["5", "-1", "one", "00000000", "²"])
def test_no_such_entry(index: str) -> None:
    with pytest.raises(ConfigError, match=r"model\.layers has 5 entries, 0 to 4"):
        loaded(f"model.layers.{index}.dense.units=3")


def test_entry_of_a_list_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"model\.layers is empty"):
        load_text("data: {dataset: digits}", "c.yaml", Path(), ["model.layers.0=relu"])


def test_mistakes_in_arguments_come_after_those_of_the_file() -> None:
    with pytest.raises(ConfigError) as caught:
        loaded("seed=-1", "train.patience=0", train="{epochs: 0}")
    places = [str(problem.place) for problem in caught.value.problems]
    assert places == ["c.yaml:9:17", "argument seed=-1:1:6", "argument train.patience=0:1:16"]


def test_the_data_that_is_overridden_stays_as_it_was() -> None:
    before = locate(BASE, "c.yaml")
    after = override(before, ["model.layers.0.conv.kernel=5", "data.batch_size=3", "train.epochs=2"], Config)
    assert before.data == locate(BASE, "c.yaml").data
    assert before.values == locate(BASE, "c.yaml").values
    assert after.data["model"]["layers"][0] == {"conv": {"filters": 4, "kernel": 5}}


def test_a_mistake_of_the_file_is_not_hidden() -> None:
    with pytest.raises(ConfigError, match=r"c\.yaml:9:8: error: train: expected a mapping of settings, found 3"):
        loaded("train.epochs=4", train="3")
    with pytest.raises(ConfigError, match=r"c\.yaml:3:5: error: layers: expected a list"):
        load_text("data: {dataset: digits}\nmodel: {layers:\n    {relu: 1}}", "c.yaml", Path(), ["model.layers.0=relu"])

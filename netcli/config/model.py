"""What a config may say: the models that a YAML file is checked against.

The docstrings under the fields go into the JSON Schema and the documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from netcli.datasets.settings import DataSettings
from netcli.datasets.source import PathText
from netcli.layers.layer import LAYERS, Layer, Stack
from netcli.optimizers.optimizer import OPTIMIZERS, Optimizer
from netcli.optimizers.schedules.constant import Constant
from netcli.optimizers.schedules.schedule import SCHEDULES, Schedule
from netcli.optimizers.sgd import Sgd
from netcli.settings import FAMILY_MARK, Choice, Settings

#: The key of a JSON schema that marks the body of a block: see `netcli.config.schema`.
BODY_MARK = "x-netcli-body"


class _AsWritten:
    """Annotation of a list that is kept as it is written: the layers of a block are looked through by `config/bodies.py`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.list_schema(min_length=1)

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A stack, with expressions."""
        return {"type": "array", "items": {FAMILY_MARK: LAYERS.kind}, "minItems": 1, BODY_MARK: True}


class BlockSettings(Settings):
    """A block: layers under a name of the config's own, with settings."""

    settings: dict[str, bool | int | float | str | list[int] | None] = Field(default_factory=dict)
    """The block's settings, each with its default, or with `required`. In its layers `$name` stands for one of them, and
    `$(4 * name)` for a whole number that is computed of them; `$channels` is what comes into a layer."""

    layers: Annotated[Stack, _AsWritten()]
    """The layers of the block."""


class ModelSettings(Settings):
    """A stack of layers."""

    model_config = ConfigDict(defer_build=True)  # the families are looked through when the first config is read

    blocks: dict[str, BlockSettings] | None = None
    """Layer types of the config's own, by their names: each is a stack with settings. By default none."""

    layers: list[Annotated[Layer, Choice(LAYERS)]] = Field(min_length=1)
    """The stack of layers, from the data to the loss."""


class TrainSettings(Settings):
    """How the network is trained."""

    model_config = ConfigDict(defer_build=True)

    epochs: int = Field(default=10, ge=1)
    """How many times training goes through the data."""

    optimizer: Annotated[Optimizer, Choice(OPTIMIZERS)] = Field(default_factory=Sgd)
    """The rule that changes the weights; by default sgd with its default settings."""

    schedule: Annotated[Schedule, Choice(SCHEDULES)] = Field(default_factory=Constant)
    """How the learning rate changes in the course of training; by default it does not."""

    clip_norm: float | None = Field(default=None, gt=0)
    """The largest Euclidean norm that all gradients together may have; they are scaled down to it. By default no limit."""

    clip_value: float | None = Field(default=None, gt=0)
    """The largest absolute value that an element of a gradient may have; it is cut to it. By default no limit."""

    weight_decay: float = Field(default=0.0, ge=0)
    """Strength λ of the L2 penalty: λ/2 · Σ w² over the weights of all layers is added to the loss."""

    l1: float = Field(default=0.0, ge=0)
    """Strength λ of the L1 penalty: λ · Σ |w| over the weights of all layers is added to the loss."""

    patience: int | None = Field(default=None, ge=1)
    """Stop early after this many epochs without a better validation loss. By default training runs to its end."""


class Config(Settings):
    """A network, its data and its training, declared for netcli."""

    model_config = ConfigDict(defer_build=True)

    name: str = Field(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Name of the run's folder, by default the config file's own. Letters, digits, -, _ and ."""

    seed: int = Field(default=0, ge=0, lt=2**32)
    """Where all random numbers start: the same seed trains the same network."""

    executor: str = "llvm"
    """What runs the computation."""

    plugins: list[PathText] | None = None
    """Python files with operations and layers of your own, which are run when the config is read. By default none."""

    data: DataSettings
    """The data set and how it is fed."""

    model: ModelSettings
    """The network."""

    train: TrainSettings = Field(default_factory=TrainSettings)
    """How the network is trained; every setting has a default."""


def use_layers(added: Mapping[str, type[Layer]]) -> None:
    """Let configs that are read from now on have these layer types beside netcli's own; they replace those of the last call."""
    LAYERS.added = dict(added)

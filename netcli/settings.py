"""What a person may write: the base of all settings, and the families of named choices among them.

A family (layers, optimizers, schedules, data sets, initialisers) is a folder with one file per member. In YAML a member is

    relu                        its name,
    maxpool: 2                  its name with its main setting, or
    conv: {filters: 8}          its name with a mapping of settings.

`Choice(FAMILY)` makes a pydantic type of that: it finds the member's class by its name and validates the settings with it;
error locations pass through the name, so that they can be walked along the YAML.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema
from pydantic_core import PydanticCustomError, SchemaValidator, core_schema


class Settings(BaseModel):
    """Settings as written: unknown keys refused, no conversion between kinds of scalars, finite numbers, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True)


class Option(Settings):
    """A member of a family.

    `word` is its name in YAML, `main` the setting meant by `word: value`. Its class docstring is its documentation: a first
    line that says what it is, the formula, the shapes; `netcli layers` prints it.
    """

    word: ClassVar[str]
    main: ClassVar[str | None] = None

    replaced: ClassVar[Mapping[str, str]] = {}
    """Settings of earlier versions: what to write in place of each."""


T = TypeVar("T")
O = TypeVar("O", bound=Option)  # noqa: E741 - an option


def discover(package: str, base: type[T], *, abstract: bool = False) -> list[type[T]]:
    """Every subclass of `base` defined in a module of `package`, in the order of module and definition.

    Abstract ones, which members are made from, are left out unless asked for.
    """
    found: list[type[T]] = []
    folder = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package}.{info.name}")
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, base)
            and value.__module__ == module.__name__
            and (abstract or not inspect.isabstract(value))
            and not value.__name__.startswith("_")
        ]
    return found


#: Every family, by its kind.
FAMILIES: dict[str, Family[Any]] = {}


class Family(Generic[O]):
    """The members that live in one folder, found when first asked for."""

    def __init__(self, kind: str, package: str, base: type[O]) -> None:
        self.kind, self.package, self.base = kind, package, base
        FAMILIES[kind] = self
        self.added: Mapping[str, type[O]] = {}  # members that do not live in the folder, by word

    @property
    def members(self) -> Mapping[str, type[O]]:
        """Classes by word, sorted."""
        return dict(sorted({**self.builtin, **self.added}.items())) if self.added else self.builtin

    @cached_property
    def builtin(self) -> Mapping[str, type[O]]:
        """Those of the folder. Raises TypeError for a class that is no whole member."""
        options = []
        for option in discover(self.package, self.base, abstract=True):
            lacking = sorted(getattr(option, "__abstractmethods__", ()))
            if "word" in vars(option):
                if lacking:
                    raise TypeError(f"{option.__module__}.{option.__name__} has no {', '.join(lacking)}")
                options.append(option)
            elif not lacking:
                raise TypeError(f"{option.__module__}.{option.__name__} has no word, the name of the {self.kind} in YAML")
        return {option.word: option for option in sorted(options, key=lambda option: option.word)}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` is most likely a slip of, or None."""
    matches = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


class Choice:
    """Annotation `Annotated[Base, Choice(FAMILY)]`: one member of the family, in any of the three ways to write it."""

    def __init__(self, family: Family[Any]) -> None:
        self.family = family

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._member)

    def _member(self, value: Any) -> Any:
        """The member that a value names, with its settings; one that was made already stays as it is.

        Each member's own schema is made when it is first met: members may have members of the family in them.
        """
        if isinstance(value, self.family.base):
            return value
        option: type[Option] = self.family.members[self._word(value)]
        return _validator(option).validate_python(value)

    def _word(self, value: Any) -> str:
        """The name of a member. Raises for what is none, before its settings are looked at."""
        kind, known = self.family.kind, self.family.members
        if isinstance(value, dict) and len(value) != 1:
            raise PydanticCustomError(
                "choice_form", "expected one {kind} name here, found a mapping with {count} keys",
                {"kind": kind, "count": len(value), "keys": list(map(str, value))},
            )  # fmt: skip
        word = _word_of(value)
        if word is None:
            raise PydanticCustomError(
                "choice_form", "expected the name of a {kind}, found {found}", {"kind": kind, "found": repr(value)}
            )
        if word not in known:
            raise PydanticCustomError(
                "choice_unknown", 'unknown {kind} "{word}"', {"kind": kind, "word": word, "known": list(known)}
            )
        return word

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A reference to the family's own schema: its members may have members of it in them."""
        return {FAMILY_MARK: self.family.kind}


#: The key of a JSON schema whose value is the kind of the family that may stand there: see `family_schema`.
FAMILY_MARK = "x-netcli-family"


def family_schema(family: Family[O], reference: Callable[[type[O]], JsonSchemaValue]) -> JsonSchemaValue:
    """The JSON schema of a family: a member by its name, with its main setting, or with its settings.

    `reference` gives the schema of a member's settings, or one that refers to it.
    """
    properties: dict[str, JsonSchemaValue] = {}
    bare: list[str] = []
    for word, option in family.members.items():
        forms: list[JsonSchemaValue] = []
        required = [name for name, field in option.model_fields.items() if field.is_required()]
        if not required:
            bare.append(word)
            forms.append({"type": "null"})
        if option.main is not None and set(required) <= {option.main}:
            forms.append(option.model_json_schema()["properties"][option.main])
        summary = inspect.cleandoc(option.__doc__ or "").splitlines()[0] if option.__doc__ else ""
        properties[word] = {"anyOf": [*forms, reference(option)], "description": summary}
    mapping = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"anyOf": [{"enum": bare}, mapping]} if bare else mapping


@cache
def _validator(option: type[Option]) -> SchemaValidator:
    """What makes a member of any of the three forms; the locations of its errors begin with its name."""
    option.model_rebuild()  # where that was put off
    settings = core_schema.no_info_before_validator_function(_settings_of(option), option.__pydantic_core_schema__)
    return SchemaValidator(core_schema.tagged_union_schema({option.word: settings}, discriminator=_word_of))


def _word_of(value: Any) -> str | None:
    """The member's name in any of its forms; None where there is none."""
    if isinstance(value, Option):
        return value.word
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1:
        return str(next(iter(value)))
    return None


def _settings_of(option: type[Option]) -> Any:
    """A function that makes a mapping of settings of any of the three forms of this option."""

    def settings(value: Any) -> Any:
        if isinstance(value, Option):
            return value
        inner = value[option.word] if isinstance(value, dict) else None
        if inner is None:
            return {}
        if isinstance(inner, dict):
            return inner
        if option.main is None:
            fields = ", ".join(option.model_fields) or "none"
            raise PydanticCustomError(
                "choice_form",
                '"{word}" takes no single value; its settings are: {fields}',
                {"word": option.word, "fields": fields},
            )
        return {option.main: inner}

    return settings


def _pair(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    return tuple(value) if isinstance(value, list) else value


def _pair_schema(minimum: int) -> JsonSchemaValue:
    number = {"type": "integer", "minimum": minimum}
    return {"anyOf": [number, {"type": "array", "items": number, "minItems": 2, "maxItems": 2}]}


#: Rows and columns: `3` or `[3, 5]`.
Pair = Annotated[
    tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]],
    BeforeValidator(_pair),
    WithJsonSchema(_pair_schema(1)),
]
#: The same where nothing is allowed: `0` or `[0, 1]`.
PairOrZero = Annotated[
    tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]],
    BeforeValidator(_pair),
    WithJsonSchema(_pair_schema(0)),
]

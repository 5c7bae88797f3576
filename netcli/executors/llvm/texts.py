"""Values as texts that keys are made of: the same for equal values only, in every process."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum

from netcli.executors.llvm.schedule import Schedule
from netcli.graph import Node, Op

#: Their `repr` tells all of them.
_PLAIN = {type(None), bool, int, float, str, bytes}


def value_text(value: object, number: Mapping[Node, int]) -> str:
    """The text of a value, its nodes by number. Raises TypeError for what has none."""
    if type(value) in _PLAIN:
        return repr(value)
    match value:
        case Node():
            return f"#{number[value]}"
        case tuple() | list():
            return f"[{','.join([value_text(each, number) for each in value])}]"
        case set() | frozenset():
            return f"{{{','.join(sorted([value_text(each, number) for each in value]))}}}"
        case dict():
            return f"{{{','.join(sorted([f'{value_text(k, number)}:{value_text(v, number)}' for k, v in value.items()]))}}}"
        case Enum():
            return repr(value)
        case Schedule():
            return value_text({name: each for name, each in vars(value).items() if name != "graph"}, number)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return _fields_text(value, (), number)
        case _:
            raise TypeError(f"a {type(value).__qualname__} cannot be part of a key: {value!r}")


def op_text(op: Op) -> str:
    """An operation and its attributes, but not its identities."""
    return _fields_text(op, op.identities, {})


def _fields_text(value: object, without: tuple[str, ...], number: Mapping[Node, int]) -> str:
    names = [field.name for field in dataclasses.fields(value) if field.name not in without]  # type: ignore[arg-type]
    return f"{type(value).__qualname__}({','.join([f'{name}={value_text(getattr(value, name), number)}' for name in names])})"

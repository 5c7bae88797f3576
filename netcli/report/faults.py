"""What a person sees of wrong derivatives: the operation to blame, and what a check of the check has found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from netcli.autodiff.gradcheck import Error, Fault, Planted
from netcli.errors import Place, Problem
from netcli.report.table import Column, Table
from netcli.report.text import Cell, Styled

_RULES: Mapping[str, str] = {"vjp": "the vjp", "jvp": "the jvp", "both": "the derivative, vjp and jvp alike,"}


def fault_texts(faults: Sequence[Fault], place_of: Callable[[Fault], Place | None]) -> list[str]:
    """Each fault with its place in the config: the operation, the input, the numbers, and what they look like."""
    texts = []
    for fault in faults:
        layer = f" of layer {fault.layer}" if fault.layer else ""
        second = " (right itself, wrong when it is differentiated again)" if fault.order == 2 else ""
        of = f", {fault.of}" if fault.layer else ""  # alone, its inputs come from nowhere
        message = f"{_RULES[fault.rule]} of {fault.operation}{layer} is wrong for input {fault.input}{of}{second}"
        looks = [f"it looks like this: {suggestion}" for suggestion in fault.suggestions]
        texts.append(str(Problem(message, place_of(fault), "\n".join([fault.detail, *looks]))))
    return texts


def fault_json(fault: Fault) -> dict[str, Any]:
    """A fault in the document of `gradcheck --json`."""
    evidence = fault.evidence
    return {
        "operation": fault.operation,
        "layer": fault.layer or None,
        "line": fault.line,
        "rule": fault.rule,
        "order": fault.order,
        "input": fault.input,
        "of": fault.of,
        "element": None if evidence.element is None else list(evidence.element),
        "expected": evidence.expected,
        "found": evidence.found,
        "detail": fault.detail,
        "suggestions": list(fault.suggestions),
    }


def self_test_table(title: str, found: Sequence[Sequence[Planted]]) -> Table:
    """A row for each operation: of each error, how many of those that have an effect were caught."""
    errors: tuple[Error, ...] = get_args(Error)
    columns = (Column("operation", shrink=True), *(Column(error, "right") for error in errors))
    rows = tuple((planted[0].operation, *(_caught(planted, error) for error in errors)) for planted in found)
    return Table(title, columns, rows, "caught of planted, where the error changes anything; - where it changes nothing")


def _caught(planted: Sequence[Planted], error: Error) -> Cell:
    verdicts = [each.found for each in planted if each.error == error and each.found != "no effect"]
    caught = verdicts.count("caught")
    return Styled(f"{caught} of {len(verdicts)}", "good" if caught == len(verdicts) else "bad") if verdicts else "-"


def missed_texts(found: Sequence[Sequence[Planted]]) -> list[str]:
    """Each error that was planted and not seen."""
    return [
        f"missed: {each.sample}, {each.error}" + ("" if each.input is None else f", input {each.input}")
        for planted in found
        for each in planted
        if each.found == "missed"
    ]


def self_test_json(found: Sequence[Sequence[Planted]]) -> dict[str, Any]:
    """The document of `gradcheck --self-test --json`."""
    return {
        "passed": not missed_texts(found),
        "planted": [
            {
                "operation": each.operation,
                "sample": each.sample,
                "input": each.input,
                "error": each.error,
                "verdict": each.found,
                "by": list(each.by),
            }
            for planted in found
            for each in planted
        ],
    }

"""The report of one training as a web page: one file that needs no network, in light and in dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from string import Template
from typing import Any

from netcli import numbers
from netcli.analysis.diagnosis import words
from netcli.analysis.inspect.records import Header
from netcli.report import markup
from netcli.report.curves import chart_data
from netcli.report.gradients import diagnoses, gradient_table, style_of
from netcli.report.model import header_table
from netcli.report.summary import ENDINGS, header_facts, result_table
from netcli.runs.metrics import EpochRecord
from netcli.training.summary import Summary

#: Characters of a parameter's name for which the heat map has room.
_NAME = 26


def training_page(header: Header, records: Sequence[EpochRecord], summary: Summary | None) -> str:
    """The page of a run: curves, the heat map of its gradients, its numbers, its model.

    `records` are the epochs so far, also those before a resume; `summary` is None while training goes on.
    """
    data = chart_data(records)
    return Template(markup.asset("page.html")).substitute(
        title=escape(f"{header.name} - netcli"),
        name=escape(header.name),
        badge=_badge(summary),
        subtitle=escape(f"{header.config}, {header.run_dir}"),
        tiles=markup.facts(_key_numbers(header, records, summary), "tiles"),
        curves=_curves(data) if records else markup.element("p", "No epoch was finished.", "muted"),
        gradients=_gradients(records) if records and records[-1].parameters else "",
        result=markup.section("Result", markup.data_table(result_table(summary))) if summary is not None else "",
        model=markup.section("Model", markup.data_table(header_table(header))),
        facts=markup.section("Training", markup.facts(header_facts(header), "facts")),
        data=markup.script_json(data),
        uplot_css=markup.asset("uplot.min.css"),
        page_css=markup.asset("page.css"),
        uplot_license=markup.asset("uplot.LICENSE.txt"),
        uplot_js=markup.asset("uplot.min.js"),
        page_js=markup.asset("page.js"),
    )


def _badge(summary: Summary | None) -> str:
    if summary is None:
        return markup.element("span", "in training", "badge")
    text, style = ENDINGS[summary.stopped]
    return markup.element("span", text, f"badge {style}")


def _key_numbers(header: Header, records: Sequence[EpochRecord], summary: Summary | None) -> dict[str, str]:
    """What a person asks first: how good, after how long, how large."""
    shown: dict[str, str] = {}
    for part, values in _results(records, summary).items():
        shown |= {f"{part} {name}": numbers.metric(name, value) for name, value in values.items()}
    best = [record.epoch for record in records if record.best]
    if best:
        shown["best epoch"] = f"{best[-1]} of {len(records)}"
    if summary is not None or records:
        seconds = summary.seconds if summary is not None else sum(record.seconds for record in records)
        shown["time"] = numbers.seconds(seconds)
    shown["parameters"] = numbers.count(header.parameters)
    return shown


def _results(records: Sequence[EpochRecord], summary: Summary | None) -> dict[str, Mapping[str, float]]:
    """The results that say most: on test data and on validation data, else on what was trained with."""
    test = summary.test if summary is not None else None
    last: Summary | EpochRecord | None = summary if summary is not None else (records[-1] if records else None)
    if last is None:
        return {}
    found = {"test": test, "validation": last.validation}
    return {part: values for part, values in found.items() if values is not None} or {"train": last.train}


def _curves(data: Mapping[str, Any]) -> str:
    cards = []
    for index, curve in enumerate(data["curves"]):
        note = "<span>, logarithmic</span>" if curve["log"] else ""
        title = escape(curve["title"][:1].upper() + curve["title"][1:])
        cards.append(f'<figure class="card"><figcaption>{title}{note}</figcaption><div data-curve="{index}"></div></figure>')
    script = "<noscript><p>The curves are drawn by a script, which this browser does not run.</p></noscript>"
    return f'<section class="curves">\n{"".join(cards)}\n</section>{script}'


def _gradients(records: Sequence[EpochRecord]) -> str:
    """The heat map of all epochs, and the table of the last one."""
    rows = records[-1].parameters
    note = "The norm of each parameter's gradient in every epoch, on a logarithmic scale."
    remarks = " ".join(f"{found.text[:1].upper()}{found.text[1:]}." for found in diagnoses(rows))
    table = markup.data_table(gradient_table(rows))
    return "\n".join(
        (
            markup.section("Gradient norms", _heat_map(records), note),
            markup.section(f"Gradients in epoch {records[-1].epoch}", table, remarks),
        )
    )


def _heat_map(records: Sequence[EpochRecord]) -> str:
    """Names, canvas, epochs and scale; the script fills the canvas."""
    rows = records[-1].parameters
    names = []
    for row, found in zip(rows, words(rows), strict=True):
        label = f"{row.name} ({found})" if found else row.name
        shown = escape(_end_of(row.name))
        names.append(f'<li class="{style_of(found) if found else ""}" title="{escape(label)}">{shown}</li>')
    last = f"<span>{records[-1].epoch}</span>" if len(records) > 1 else ""
    return (
        f'<div class="card">{_scale(records)}\n<div class="heat"><ol>\n{"".join(names)}\n</ol>\n'
        '<canvas id="heat" role="img" aria-label="Gradient norm of each parameter in each epoch"></canvas>\n'
        f'<div class="axis"><span>epoch {records[0].epoch}</span>{last}</div></div>\n'
        '<p class="note" id="heat-note">Point at a cell to read it.</p></div>'
    )


def _scale(records: Sequence[EpochRecord]) -> str:
    """What the colours of the heat map mean."""
    norms = [row.norm for record in records for row in record.parameters]
    positive = [norm for norm in norms if 0 < norm < float("inf")]
    low, high = min(positive, default=0.0), max(positive, default=0.0)
    parts = [f'{numbers.scientific(low)} <i class="ramp"></i> {numbers.scientific(high)}']
    if 0.0 in norms:
        parts.append('<i class="zero"></i> zero')
    if any(not norm < float("inf") for norm in norms):
        parts.append('<i class="broken"></i> not finite')
    return '<div class="scale">' + "&emsp;".join(parts) + "</div>"


def _end_of(path: str) -> str:
    """As many of the last parts of a path as there is room for: they tell names of one layer apart."""
    parts = path.split("/")
    ends = ["/".join(["…", *parts[place:]]) for place in range(1, len(parts))]
    return next((text for text in [path, *ends] if len(text) <= _NAME), ends[-1] if ends else path)

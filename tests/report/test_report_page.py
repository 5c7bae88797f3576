"""The page of a run: it holds its data, needs no network and shows names as text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from math import nan
from typing import Any

from support.report_samples import HEADER, SUMMARY, epoch, parameter

from netcli.report.page import training_page
from netcli.runs.metrics import EpochRecord

VOID = {"meta", "br", "img", "link", "hr"}
HOSTILE = "</script><script>alert(1)</script>&$name"


class Page(HTMLParser):
    """A page taken apart: whether its elements nest, its texts, the addresses it names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text: dict[str, str] = {}
        self.addresses: list[str] = []
        self.data = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action", "srcset"}]
        if tag not in VOID:
            self.open.append("data" if ("id", "data") in attrs else tag)

    def handle_endtag(self, tag: str) -> None:
        last = self.open.pop()
        assert tag == ("script" if last == "data" else last)

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text[self.open[-1]] = self.text.get(self.open[-1], "") + data


def no_constant(token: str) -> None:
    raise AssertionError(f"{token} is not JSON")


def data_of(page: Page) -> dict[str, Any]:
    """What the page's script draws."""
    found = json.loads(page.text["data"], parse_constant=no_constant)
    assert isinstance(found, dict)
    return found


def records(epochs: int = 15) -> list[EpochRecord]:
    return [
        epoch(
            number,
            parameter("conv1/weight", (16, 1, 3, 3), norm=1 / number),
            parameter("dense1/bias", (10,), norm=0.0, zero_share=1.0),
            epochs=epochs,
        )
        for number in range(1, epochs + 1)
    ]


def test_page_holds_the_data_of_its_curves() -> None:
    page = Page(training_page(HEADER, records(4), SUMMARY))
    assert page.open == []
    data = data_of(page)
    assert data["epochs"] == [1, 2, 3, 4]
    assert [curve["title"] for curve in data["curves"]] == ["loss", "accuracy", "learning rate", "gradient norm"]
    assert data["curves"][0]["series"] == [
        {"label": "train", "values": [1.0, 0.5, 0.33333, 0.25]},
        {"label": "validation", "values": [1.5, 0.75, 0.5, 0.375]},
    ]
    assert data["curves"][1]["series"][0]["values"] == [50.0, 75.0, 83.333, 87.5]
    assert data["heat"]["names"] == ["conv1/weight", "dense1/bias"]
    assert data["heat"]["norms"] == [[1.0, 0.5, 0.33333, 0.25], [0.0, 0.0, 0.0, 0.0]]
    assert data["heat"]["high"] == 0.0
    assert page.tags.count("canvas") == 1


def test_page_shows_numbers_model_and_words() -> None:
    page = Page(training_page(HEADER, records(), SUMMARY))
    cells, tiles = page.text["td"], page.text["dd"]
    assert "98.75 %" in tiles
    assert "10,410" in tiles
    assert "1 of 15" in tiles
    for shown in ("cross_entropy1", "16×8×8", "41.0 kFLOP", "dead", "0.6250"):
        assert shown in cells
    assert page.text["h1"] == "digits"
    assert "finished" in page.text["span"]


def test_page_needs_no_network() -> None:
    text = training_page(HEADER, records(), SUMMARY)
    page = Page(text)
    assert page.addresses == []
    assert "link" not in page.tags
    assert set(re.findall(r"https?://[^\s\"')]+", text)) == {"https://github.com/leeoniya/uPlot"}  # in its licence
    assert "default-src 'none'" in text
    assert "@import" not in text
    assert "url(" not in text
    assert "Permission is hereby granted, free of charge" in text


def test_page_is_small() -> None:
    assert len(training_page(HEADER, records(50), SUMMARY).encode()) < 150_000


def test_names_from_the_file_stay_text() -> None:
    header = replace(HEADER, name=HOSTILE, data={HOSTILE: HOSTILE}, layers=(replace(HEADER.layers[0], name=HOSTILE),))
    plain = Page(training_page(HEADER, records(2), SUMMARY))
    hostile = Page(training_page(header, [epoch(1, parameter(HOSTILE))], SUMMARY))
    assert hostile.open == []
    assert hostile.text["h1"] == HOSTILE
    assert hostile.tags.count("script") == plain.tags.count("script")
    assert data_of(hostile)["heat"]["names"] == [HOSTILE]


def test_page_of_a_training_that_diverged() -> None:
    rows = [parameter("conv1/weight", (16, 1, 3, 3), norm=nan)]
    broken = epoch(2, *rows, train={"loss": nan, "accuracy": 0.1}, validation=None, grad_norm=nan)
    summary = replace(SUMMARY, validation=None, test=None, train={"loss": nan}, stopped="diverged")
    page = Page(training_page(HEADER, [epoch(1, parameter("conv1/weight")), broken], summary))
    data = data_of(page)
    assert data["curves"][0]["series"] == [
        {"label": "train", "values": [1.0, None]},
        {"label": "validation", "values": [1.5, None]},
    ]
    assert data["heat"]["norms"] == [[1.0, None]]
    assert "diverged" in page.text["span"]
    assert "NaN" in page.text["td"]


def test_page_before_the_first_epoch_and_with_one() -> None:
    page = Page(training_page(HEADER, [], None))
    assert "No epoch was finished." in page.text["p"]
    assert "in training" in page.text["span"]
    assert data_of(page)["epochs"] == []
    assert "best epoch" in Page(training_page(HEADER, records(1), None)).text["dt"]


def test_a_loss_over_many_orders_is_drawn_on_a_logarithmic_scale() -> None:
    falling = [epoch(n, train={"loss": 10.0**-n}, validation=None, epochs=4) for n in range(1, 5)]
    flat = [epoch(n, train={"loss": 1.0 / n}, validation=None, epochs=4) for n in range(1, 5)]
    assert [data_of(Page(training_page(HEADER, run, None)))["curves"][0]["log"] for run in (falling, flat)] == [True, False]


def test_the_heat_map_names_parameters_of_nests_by_their_ends() -> None:
    names = ["conv1/weight", "repeat1/2/basic1/residual1/conv1/weight", "a/averylongnamethatalonehasnoroom/weight"]
    shown = training_page(HEADER, [epoch(1, *(parameter(name) for name in names))], None)
    for name, end in zip(names, ["conv1/weight", "…/residual1/conv1/weight", "…/weight"], strict=True):
        assert f'title="{name}">{end}</li>' in shown

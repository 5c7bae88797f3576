"""`netcli inspect-graph` writing files, and the formats that are no text."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from support.runs import config_of, succeed

from netcli.report.graphs.tensorboard import FILE


@pytest.mark.parametrize("form", ["picture", "table", "text", "tree", "json", "dot", "svg"])
def test_a_file_has_what_stdout_would_have(form: str, tmp_path: Path) -> None:
    config = config_of(tmp_path)
    printed = succeed("inspect-graph", config, "--format", form).stdout
    written = succeed("inspect-graph", config, "--format", form, "-o", tmp_path / "graph")
    assert written.output == ""
    assert (tmp_path / "graph").read_bytes().decode() == printed


def test_a_stage_goes_to_a_file_too(tmp_path: Path) -> None:
    succeed("inspect-graph", config_of(tmp_path), "--dump", "graph", "--out", tmp_path / "graph.txt")
    assert "dense1/weight = variable" in (tmp_path / "graph.txt").read_text()


def test_a_png_goes_to_a_file_or_a_pipe(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    drawing = ElementTree.fromstring(succeed("inspect-graph", config, "--format", "svg").stdout)
    succeed("inspect-graph", config, "--format", "png", "--out", tmp_path / "graph.png")
    piped = succeed("inspect-graph", config, "--format", "png").stdout_bytes
    assert piped == (tmp_path / "graph.png").read_bytes()
    with Image.open(io.BytesIO(piped)) as image:
        assert image.size == tuple(2 * float(drawing.attrib[side]) for side in ("width", "height"))


def test_detail_is_that_of_the_picture(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    drawn = succeed("inspect-graph", config, "--format", "svg", "--detail", "layers").stdout
    assert ">dense1 · line 4<" in drawn
    assert "dense(x, weight)" not in "".join(
        text.text or "" for text in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")
    )


@pytest.mark.parametrize("options", [["--optimized"], ["--view", "forward"], ["--view", "backward"]], ids=" ".join)
def test_other_views_can_be_drawn(options: list[str], tmp_path: Path) -> None:
    drawing = ElementTree.fromstring(succeed("inspect-graph", config_of(tmp_path), "--format", "svg", *options).stdout)
    assert "dense(x, weight)" in {text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")}


def test_an_event_file_says_how_it_is_looked_at(tmp_path: Path) -> None:
    result = succeed("inspect-graph", config_of(tmp_path), "--format", "tensorboard", "--out", tmp_path / "logs")
    assert result.stderr == f"wrote {FILE}; tensorboard --logdir {tmp_path / 'logs'} shows it under Graphs\n"
    assert result.stdout == ""
    assert (tmp_path / "logs" / FILE).stat().st_size > 1000

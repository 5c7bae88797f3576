"""Blocks: layer types of a config's own. What they come to, and what is said of them that is wrong, used or not."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.runs import call, config_of, refused, succeed

from netcli.config.dump import dump
from netcli.config.load import load, load_text
from netcli.errors import ConfigError
from netcli.graph import Variable, op_of
from netcli.training.session import prepare

HEAD = "data: {dataset: digits}\nmodel:\n"
TAIL = "    - flatten\n    - dense: 10\n    - softmax\n    - cross_entropy\n"

NET = f"""{HEAD}  blocks:
    unit:
      settings: {{filters: required, stride: 1, padding: same, bias: true}}
      layers:
        - conv: {{filters: $filters, stride: $stride, padding: $padding, bias: $bias}}
        - relu
    narrow:
      settings: {{expand: 3}}
      layers:
        - conv: {{filters: $(channels * expand), kernel: 1}}
        - conv: {{filters: $channels, kernel: 1, groups: $(channels // 3)}}
        - residual: [unit: $channels]
  layers:
    - unit: 4
    - unit: {{filters: 8, stride: 2, padding: valid, bias: false}}
    - narrow
{TAIL}"""


def shapes(text: str, folder: Path = Path()) -> dict[str, tuple[int, ...]]:
    """The parameters of a config, by name."""
    session = prepare(load_text(text, "net.yaml", folder))
    return {op_of(w, Variable).label: w.shape for w in session.model.parameters}


def test_settings_and_channels() -> None:
    assert shapes(NET) == {
        "unit1/conv1/weight": (4, 1, 3, 3), "unit1/conv1/bias": (4,),
        "unit2/conv1/weight": (8, 4, 3, 3),
        "narrow1/conv1/weight": (24, 8, 1, 1), "narrow1/conv1/bias": (24,),
        "narrow1/conv2/weight": (24, 3, 1, 1), "narrow1/conv2/bias": (24,),
        "narrow1/residual1/unit1/conv1/weight": (24, 24, 3, 3), "narrow1/residual1/unit1/conv1/bias": (24,),
        "dense1/weight": (216, 10), "dense1/bias": (10,),
    }  # fmt: skip


def test_channels_are_those_that_come_into_the_layer_and_not_into_the_block() -> None:
    """The second conv of `narrow` has the 24 channels of the first one, where the block is given 8."""
    assert shapes(NET)["narrow1/conv2/weight"][0] == 24


def test_a_resolved_config_reads_as_the_same() -> None:
    loaded = load_text(NET, "net.yaml", Path())
    again = load_text(dump(loaded.config), "net.yaml", Path())
    assert dump(again.config) == dump(loaded.config)
    assert shapes(dump(loaded.config)) == shapes(NET)


def test_each_layer_has_the_line_of_its_block() -> None:
    session = prepare(load_text(NET, "net.yaml", Path()))
    lines = {placed.name: placed.line for placed in session.layers}
    assert (lines["unit1"], lines["unit1/conv1"], lines["narrow1/residual1/unit1/relu1"]) == (16, 7, 8)


def test_two_configs_keep_their_own_blocks(tmp_path: Path) -> None:
    """A block that is built after another config was read is made of what its own config says."""
    first = load(config_of(tmp_path, NET, "one"))
    load(config_of(tmp_path, NET.replace("unit:", "brick:").replace("- unit", "- brick").replace("[unit", "[brick"), "two"))
    assert len(prepare(first).model.parameters) == 11
    assert call("diff", tmp_path / "one.yaml", tmp_path / "two.yaml").exit_code in {0, 1}


def test_it_trains_and_goes_on(tmp_path: Path) -> None:
    config = config_of(tmp_path, NET)
    succeed("train", config, "train.epochs=1", "executor=numpy", "--run-dir", tmp_path / "run", "-q")
    succeed("train", "--resume", tmp_path / "run", "train.epochs=2", "-q")
    succeed("evaluate", tmp_path / "run")


def test_the_commands_know_blocks(tmp_path: Path) -> None:
    config = config_of(tmp_path, NET)
    page = succeed("layers", "unit", "--config", config).stdout
    assert "filters (main)  required" in page
    assert "stride  default 1" in page
    assert '"layer.unit"' in succeed("schema", "--config", config).stdout
    assert 'unknown layer "unit"' in refused("layers", "unit")
    assert "narrow1/residual1/unit1/conv1/weight" in succeed("inspect-graph", config, "--format", "text").stdout


def problems(blocks: str, use: str = "") -> list[str]:
    """What is said of a config with these blocks, line by line, without the excerpts."""
    text = f"{HEAD}  blocks:\n{blocks}  layers:\n{use}{TAIL}"
    with pytest.raises(ConfigError) as caught:
        prepare(load_text(text, "net.yaml", Path()))
    return [f"{each.place.line}:{each.place.column} {each.message}" for each in caught.value.problems if each.place]


UNIT = (
    "    unit: {settings: {filters: required, stride: 1}, layers: [conv: {filters: $filters, stride: $stride, padding: 1}]}\n"
)


@pytest.mark.parametrize(
    ("blocks", "use", "expected"),
    [
        ("    unit: {layers: [conv: {filers: 3}]}\n", "", ['4:28 unknown key "filers" in conv']),
        ("    unit: {layers: [conf: 3]}\n", "", ['4:21 unknown layer "conf"']),
        ("    unit: {layers: []}\n", "", ["4:20 layers: expected a list of 1 or more, found an empty list"]),
        ("    unit: {settings: {a: 1}}\n", "", ['4:5 unit needs "layers"']),
        ("    unit: {layers: [conv: $a]}\n", "", ["4:27 $a is no setting of the block"]),
        (
            "    unit: {settings: {a: 1}, layers: [conv: $(a -), dropout: $a$a]}\n",
            "",
            ["4:45 something is missing at the end in $(a -)", '4:62 "$a$a" is no value'],
        ),
        (
            "    unit: {settings: {rate: 2.0}, layers: [dropout: $rate]}\n",
            "",
            ["4:53 rate: expected a number less than 1, found 2.0"],
        ),
        ("    unit: {settings: {rate: 0.5}, layers: [conv: $(2 * rate)]}\n", "", ["4:50 rate is 0.5 in $(2 * rate)"]),
        (
            "    relu: {layers: [tanh]}\n",
            "",
            ['4:5 a block cannot be called "relu": there is a layer of that name, netcli\'s own'],
        ),
        ("    unit2: {layers: [tanh]}\n", "", [
            '4:5 a block cannot be called "unit2": that ends in a digit, as the names that layers are given do',
        ]),
        ("    a b: {layers: [tanh]}\n", "", ['4:5 a block cannot be called "a b": that is no word']),
        *(
            (f"    unit: {{settings: {{{name}: 1}}, layers: [tanh]}}\n", "", [f"4:23 {text}"])
            for name, text in [
                ("class", 'a setting cannot be called "class": layers have that already'),
                ("copy", 'a setting cannot be called "copy": layers have that already'),
                ("name", 'a setting cannot be called "name": layers have that already'),
                ("build", 'a setting cannot be called "build": layers have that already'),
                ("model_x", 'a setting cannot be called "model_x": layers have that already'),
                ("_x", 'a setting cannot be called "_x"'),
                ("channels", "channels is what comes into a layer; a setting needs another name"),
            ]
        ),
        ("    a: {layers: [b]}\n    b: {layers: [residual: [a]]}\n", "", [
            "4:18 the block a is made of itself: a → b → a", "5:29 the block b is made of itself: b → a → b",
        ]),
        (UNIT, "    - unit: {fliters: 3}\n", ['6:14 unknown key "fliters" in unit']),
        (UNIT, "    - unit\n", ['6:7 unit needs "filters"']),
        (UNIT, "    - unit: {filters: 3, stride: x}\n", ['6:34 stride: expected a whole number, found "x" (text)']),
        (UNIT, "    - untt: 3\n", ['6:7 unknown layer "untt"']),
        (UNIT, "    - unit: -3\n", ["4:79 filters: expected a number of at least 1, found -3"]),
        (UNIT, "    - unit: {filters: 3, stride: -1}\n", ["4:97 stride: expected a number of at least 1, found -1"]),
    ],
)  # fmt: skip
def test_wrong(blocks: str, use: str, expected: list[str]) -> None:
    assert problems(blocks, use) == expected


def test_an_error_inside_says_where_the_block_was_used(tmp_path: Path) -> None:
    text = f"""{HEAD}  blocks:
    unit: {{settings: {{filters: required}}, layers: [residual: [conv: {{filters: $filters, padding: same}}]]}}
    pair: {{settings: {{wide: 8}}, layers: [conv: 4, unit: $wide]}}
  layers:
    - repeat: {{times: 2, layers: [pair]}}
{TAIL}"""
    message = refused("train", config_of(tmp_path, text))
    assert "small.yaml:4:52: error: repeat1/1/pair1/unit1/residual1: residual adds values of one shape" in message
    assert message.splitlines()[-2:] == ["  used in line 5 with filters: 8", "  used in line 7 with wide: 8"]


def test_names_do_not_pass_the_borders_of_a_block(tmp_path: Path) -> None:
    inward = f"{HEAD}  blocks:\n    unit: {{layers: [add: skip]}}\n  layers:\n    - relu: {{name: skip}}\n    - unit\n{TAIL}"
    outward = f"{HEAD}  blocks:\n    unit: {{layers: [relu: {{name: skip}}]}}\n  layers:\n    - unit\n    - add: skip\n{TAIL}"
    for text in (inward, outward):
        assert 'no layer before it is called "skip"' in refused("train", config_of(tmp_path, text))

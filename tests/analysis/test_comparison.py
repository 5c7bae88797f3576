"""Two configs beside each other: layers aligned, costs as they are, settings that differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.runs import config_of, write_mnist

from netcli.analysis.diff.comparison import compare, differences
from netcli.analysis.diff.nesting import closed
from netcli.analysis.diff.records import Comparison, Difference
from netcli.analysis.inspect.costs import layer_rows
from netcli.config.load import load
from netcli.training.session import prepare

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
HEAD = "data: {dataset: digits, batch_size: 16}\nmodel:\n  layers:\n"
CNN = [
    "conv: {filters: 4, kernel: 3}",
    "relu",
    "conv: {filters: 8, kernel: 3}",
    "relu",
    "flatten",
    "dense: 10",
    "cross_entropy",
]


@pytest.fixture(scope="module")
def small_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """64 and 32 random pictures in MNIST's files."""
    return write_mnist(tmp_path_factory.mktemp("mnist"))


def compared(folder: Path, before: list[str], after: list[str], *, rest: tuple[str, str] = ("", "")) -> Comparison:
    """The comparison of two stacks on digits."""
    sessions = []
    for name, layers, more in zip(("a", "b"), (before, after), rest, strict=True):
        text = HEAD + "".join(f"    - {layer}\n" for layer in layers) + more
        sessions.append(prepare(load(config_of(folder, text, name))))
    return compare(*sessions, ("a", "b"))


def changes(found: Comparison) -> list[tuple[str, str | None, str | None]]:
    """What became of each layer, by name; the input left out."""
    return [
        (pair.change, pair.before and pair.before.name, pair.after and pair.after.name)
        for pair in found.layers[1:]
        if pair.change != "same"
    ]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_is_the_same_as_itself(path: Path, small_mnist: Path) -> None:
    session = prepare(load(path, [f"data.dataset.mnist.path={small_mnist}"] if "mnist" in path.stem else []))
    found = compare(session, session, ("a", "b"))
    assert found.same
    assert {pair.change for pair in found.layers} == {"same"}
    assert [pair.before for pair in found.layers] == [*layer_rows(session.model, session.step)]


def test_an_inserted_layer_is_inserted(tmp_path: Path) -> None:
    found = compared(tmp_path, CNN, [*CNN[:3], "batchnorm", *CNN[3:]])
    # batchnorm reads the values of the layer in front of it in the backward pass, which now have to be kept
    assert changes(found) == [("follows", "conv2", "conv2"), ("added", None, "batchnorm1")]
    assert found.layers[4].yaml == "batchnorm"
    assert not found.same


def test_a_removed_block_is_removed_and_what_follows_changes(tmp_path: Path) -> None:
    found = compared(tmp_path, CNN, [*CNN[:2], *CNN[4:]])
    assert changes(found) == [
        ("removed", "conv2", None),
        ("removed", "relu2", None),
        ("follows", "flatten1", "flatten1"),
        ("follows", "dense1", "dense1"),
    ]


def test_a_changed_setting_is_a_changed_layer(tmp_path: Path) -> None:
    found = compared(tmp_path, CNN, ["conv: {filters: 6, kernel: [3, 5]}", *CNN[1:]])
    first = found.layers[1]
    assert first.change == "changed"
    assert list(first.settings) == [Difference("filters", 4, 6), Difference("kernel", [3, 3], [3, 5])]
    assert [change for change, *_ in changes(found)] == ["changed", *["follows"] * 5]


def test_another_type_in_the_same_place(tmp_path: Path) -> None:
    found = compared(tmp_path, CNN, [CNN[0], "gelu", *CNN[2:-1], "cross_entropy: {label_smoothing: 0.1}"])
    assert [change for change in changes(found) if change[0] != "follows"] == [
        ("changed", "relu1", "gelu1"),
        ("changed", "cross_entropy1", "cross_entropy1"),
    ]
    assert [(pair.before.name, pair.after.name) for pair in found.layers if pair.before and pair.after][4] == ("relu2", "relu1")


def test_a_loss_takes_the_place_of_losses_only(tmp_path: Path) -> None:
    found = compared(tmp_path, ["flatten", "dense: 10", "mse"], ["flatten", "dense: 10", "softmax", "cross_entropy"])
    assert changes(found) == [("added", None, "softmax1"), ("changed", "mse1", "cross_entropy1")]


def test_totals_are_those_of_the_graphs(tmp_path: Path) -> None:
    found = compared(tmp_path, CNN, [*CNN[:5], "dense: 20", "relu", *CNN[5:]])
    totals = {total.name: (total.before, total.after) for total in found.totals}
    # on 1×8×8 pictures: conv 4·(9+1), conv 8·(36+1), dense from 8·4·4 to 10
    assert totals["parameters"] == (40 + 296 + 1290, 40 + 296 + 128 * 20 + 20 + 20 * 10 + 10)
    assert totals["layers"] == (7, 9)
    sides = [[pair.before for pair in found.layers if pair.before], [pair.after for pair in found.layers if pair.after]]
    for name, field in (("forward, an example", "flops_forward"), ("backward, an example", "flops_backward")):
        assert totals[name] == tuple(sum(getattr(row, field) for row in rows) for rows in sides)
    assert totals["activations, a batch"] == tuple(16 * value for value in totals["activations, an example"])


def test_settings_outside_of_the_model(tmp_path: Path) -> None:
    rest = (
        "train: {optimizer: {sgd: 0.1}}\n",
        "name: other\nseed: 3\ntrain: {optimizer: {sgd: {lr: 0.1, momentum: 0.5}}, epochs: 3}\n",
    )
    found = compared(tmp_path, CNN, CNN, rest=rest)
    assert set(found.settings) == {
        Difference("seed", 0, 3),
        Difference("train.optimizer.sgd.momentum", 0.0, 0.5),
        Difference("train.epochs", 10, 3),
    }
    assert found.same_layers
    assert not found.same_graph  # momentum is more state


def test_names_are_no_difference(tmp_path: Path) -> None:
    assert compared(tmp_path, CNN, CNN, rest=("name: one\n", "name: other\n")).same


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}, [Difference("b.c", 2, 3)]),
        ({"a": {"sgd": {"lr": 1}}}, {"a": {"adam": {"lr": 1}}}, [Difference("a", {"sgd": {"lr": 1}}, {"adam": {"lr": 1}})]),
        ({"a": "digits"}, {"a": {"mnist": {"path": "x"}}}, [Difference("a", "digits", {"mnist": {"path": "x"}})]),
        ({"a": 1}, {"a": 1, "patience": 3}, [Difference("patience", None, 3)]),
        ({"a": [1, 2]}, {"a": [1, 2]}, []),
    ],
)
def test_differences(before: dict[str, object], after: dict[str, object], expected: list[Difference]) -> None:
    assert [*differences("", before, after)] == expected


SAME = "residual: [conv: {filters: 4, padding: same}, relu]"
NEST = ["conv: {filters: 4}", f"repeat: {{times: 2, layers: [{SAME}]}}", SAME, "flatten", "dense: 10", "cross_entropy"]


def test_layers_are_aligned_within_the_layers_around_them(tmp_path: Path) -> None:
    other = SAME.replace("relu", "tanh, relu")
    found = compared(tmp_path, NEST, [*NEST[:2], other, *NEST[3:]])
    assert changes(found) == [("added", None, "residual1/tanh1")]
    assert [pair.yaml for pair in found.layers if pair.change == "added"] == ["tanh"]  # the line is the residual's
    assert all(pair.settings == () for pair in found.layers)  # layers are no settings of the layer around them


def test_copies_are_added_at_the_end_as_a_whole(tmp_path: Path) -> None:
    found = compared(tmp_path, NEST, [NEST[0], NEST[1].replace("times: 2", "times: 3"), *NEST[2:]])
    added = next(pair for pair in found.layers if pair.change == "added")
    assert [change for change in changes(found) if change[0] in {"changed", "added"}] == [
        ("changed", "repeat1", "repeat1"),
        ("added", None, "repeat1/3/residual1"),
    ]
    assert added.after is not None
    assert added.after.parameters == 4 * 4 * 9 + 4
    sides = [pair.after for pair in found.layers if pair.after]
    assert sum(row.parameters for row in sides) == next(total.after for total in found.totals if total.name == "parameters")


def test_what_is_the_same_is_closed_and_a_depth_closes_the_rest(tmp_path: Path) -> None:
    other = SAME.replace("relu", "tanh, relu")
    pairs = compared(tmp_path, NEST, [*NEST[:2], other, *NEST[3:]]).layers
    shown = closed(pairs, None)
    assert [pair.after.name for pair in shown if pair.after and pair.depth] == [
        "residual1/conv1",
        "residual1/tanh1",
        "residual1/relu1",
    ]
    assert [pair.change for pair in closed(pairs, 1)] == ["same"] * 3 + ["changed"] + ["same"] * 3
    for depth in (None, 1, 2, 3):
        rows = [pair.after for pair in closed(pairs, depth) if pair.after]
        assert sum(row.parameters for row in rows) == sum(pair.after.parameters for pair in pairs if pair.after)

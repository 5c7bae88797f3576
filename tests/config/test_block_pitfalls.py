"""Where a network could become another one in silence, or a message could leave one alone, when blocks are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from netcli.config.load import load_text
from netcli.errors import ConfigError
from netcli.layers.layer import LAYERS
from netcli.training.session import Session, prepare

TAIL = "    - global_avgpool\n    - dense: 10\n    - softmax\n    - cross_entropy\n"


def session_of(blocks: str, layers: str) -> Session:
    """The network of these blocks and layers, on digits."""
    text = f"data: {{dataset: digits}}\nmodel:\n  blocks:\n{blocks}  layers:\n{layers}{TAIL}"
    return prepare(load_text(text, "net.yaml", Path()))


def shapes(session: Session) -> dict[str, tuple[int, ...]]:
    """Of the weights of convolutions."""
    return {
        name: node.shape for name, node in session.model.variables.items() if name.endswith("/weight") and len(node.shape) == 4
    }


def refusal(blocks: str, layers: str) -> str:
    """The whole message."""
    with pytest.raises(ConfigError) as caught:
        session_of(blocks, layers)
    return str(caught.value)


def test_a_block_need_not_be_told_its_channels_and_cannot_be_told_wrong_ones() -> None:
    """A setting that restates them could be another number than they are, which divides them, and the groups be fewer."""
    depthwise = "    depthwise: {layers: [conv: {filters: $channels, padding: same, groups: $channels}]}\n"
    found = shapes(session_of(depthwise, "    - conv: 32\n    - depthwise\n    - conv: 12\n    - depthwise\n"))
    assert found["depthwise1/conv1/weight"] == (32, 1, 3, 3)
    assert found["depthwise2/conv1/weight"] == (12, 1, 3, 3)
    told = depthwise.replace("{layers:", "{settings: {channels: required}, layers:")
    assert "channels is what comes into a layer; a setting needs another name" in refusal(told, "    - depthwise: 16\n")


def test_channels_are_those_that_come_into_the_layer_even_behind_one_that_changes_them() -> None:
    """Not those that come into the block."""
    block = (
        "    expand: {layers: [conv: $(6 * channels), conv: {filters: $channels, groups: $channels}, conv: $(channels // 4)]}\n"
    )
    found = shapes(session_of(block, "    - conv: {filters: 4, kernel: 1}\n    - expand\n"))
    assert found["expand1/conv1/weight"] == (24, 4, 3, 3)
    assert found["expand1/conv2/weight"] == (24, 1, 3, 3)
    assert found["expand1/conv3/weight"] == (6, 24, 3, 3)


@pytest.mark.parametrize(
    ("body", "excerpt", "hint"),
    [
        ("[conv: {filters: ${filters}}]", '"${" cannot stand here', "write $name, or $(4 * name), without braces"),
        ("[conv: ${filters}]", '"${" cannot stand here', "write $name, or $(4 * name), without braces"),
        ('[conv: "${filters}"]', '"${filters}" is no value', "write $name for a setting, or $(4 * name), alone in its place"),
        ("\n        - conv: ${filters}", '"${filters}" is no value', "write $name for a setting, or $(4 * name), alone"),
    ],
    ids=str,
)
def test_the_braces_of_other_tools_are_refused_with_what_to_write_instead(body: str, excerpt: str, hint: str) -> None:
    """In a YAML mapping in braces, ${filters} is not even text."""
    block = f"    unit:\n      settings: {{filters: required}}\n      layers: {body}\n"
    message = refusal(block, "    - unit: 4\n")
    assert excerpt in message
    assert hint in message


def test_no_layer_can_be_called_as_another_is_numbered() -> None:
    """Were there a layer type relu6, the first of its kind and the 61st relu would both be relu61."""
    assert [word for word in LAYERS.builtin if word[-1].isdigit()] == []
    assert 'did you mean "relu: 6"?' in refusal("    unit: {layers: [relu]}\n", "    - relu6\n")
    assert 'a block cannot be called "unit6": that ends in a digit' in refusal("    unit6: {layers: [relu]}\n", "    - unit6\n")
    taken = refusal("    unit: {layers: [relu]}\n", "    - relu: {name: relu2}\n    - relu\n")
    assert 'two layers of one stack are called "relu2" (line 6)' in taken

"""Stacks that cannot be: the whole message, with what to do and the trail of shapes; which layer, which setting."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from support.networks import model_of

from netcli.layers.placing import StackError


@dataclass(frozen=True)
class Wrong:
    """A stack on examples of a shape with `classes` or values; `target` is a target's shape. The message; layer and setting."""

    text: str
    shape: tuple[int, ...]
    message: str
    index: int
    setting: str | None = None
    classes: int | None = None
    target: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.text


IMAGES = [
    Wrong(
        f"[conv: 4, relu, flatten, {layer}, mse]",
        (1, 8, 8),
        f"{word}: {word[:-1]} expected images (channels, rows, columns), found 144\n"
        f"  put {word[:-1]} before flatten, or reshape the data to [channels, rows, columns] first\n"
        f"  shapes: input 1×8×8 → conv1 4×6×6 → relu1 4×6×6 → flatten1 144 → {word} ✗",
        3,
    )
    for layer, word in [
        ("maxpool: 2", "maxpool1"),
        ("avgpool: 2", "avgpool1"),
        ("global_avgpool", "global_avgpool1"),
        ("global_maxpool", "global_maxpool1"),
        ("upsample: 2", "upsample1"),
        ("channel_shuffle: 2", "channel_shuffle1"),
        ("conv_transposed: 2", "conv_transposed1"),
        ("random_flip", "random_flip1"),
        ("random_shift: 1", "random_shift1"),
    ]
]

VECTORS = [
    Wrong(
        f"[{{conv: {{filters: 3, name: eyes}}}}, {layer}]",
        (1, 8, 8),
        f"{word}: {word[:-1]} expected a vector per example, found 3×6×6\n"
        f"  put flatten (or global_avgpool) before {word[:-1]}\n"
        f"  shapes: input 1×8×8 → eyes 3×6×6 → {word} ✗",
        1,
        classes=3,
    )
    for layer, word in [
        ("dense: 3, mse", "dense1"),
        ("softmax, mse", "softmax1"),
        ("log_softmax, mse", "log_softmax1"),
        ("cross_entropy", "cross_entropy1"),
    ]
]

SETTINGS = [
    Wrong(
        "[conv: 4, flatten, conv: 8, mse]",
        (1, 8, 8),
        "conv2: conv expected images (channels, rows, columns), found 144\n"
        "  put conv before flatten, or reshape the data to [channels, rows, columns] first\n"
        "  shapes: input 1×8×8 → conv1 4×6×6 → flatten1 144 → conv2 ✗",
        2,
    ),
    Wrong(
        "[reshape: [4, 16], batchnorm, mse]",
        (64,),
        "batchnorm1: batchnorm expected images or vectors, found 4×16\n"
        "  put flatten before batchnorm, or reshape to [channels, rows, columns]\n"
        "  shapes: input 64 → reshape1 4×16 → batchnorm1 ✗",
        1,
    ),
    Wrong(
        "[reshape: [4, 16], layer_scale, mse]",
        (64,),
        "layer_scale1: layer_scale expected images or vectors, found 4×16\n"
        "  put flatten before layer_scale, or reshape to [channels, rows, columns]\n"
        "  shapes: input 64 → reshape1 4×16 → layer_scale1 ✗",
        1,
    ),
    Wrong(
        "[groupnorm: 4, mse]",
        (6, 8, 8),
        "groupnorm1: 4 groups cannot divide the 6 channels evenly\n"
        "  choose a divisor of 6\n"
        "  shapes: input 6×8×8 → groupnorm1 ✗",
        0,
        "groups",
    ),
    Wrong(
        "[groupnorm: 6, mse]",
        (6,),
        "groupnorm1: 6 groups of 6 values have one value each: all would become 0\n"
        "  choose fewer groups\n"
        "  shapes: input 6 → groupnorm1 ✗",
        0,
        "groups",
    ),
    Wrong(
        "[channel_shuffle: 4, mse]",
        (6, 8, 8),
        "channel_shuffle1: 4 groups cannot divide the 6 channels evenly\n"
        "  choose a divisor of 6\n"
        "  shapes: input 6×8×8 → channel_shuffle1 ✗",
        0,
        "groups",
    ),
    Wrong(
        "[conv_transposed: {filters: 5, groups: 2}, mse]",
        (4, 8, 8),
        "conv_transposed1: 2 groups cannot divide the 5 filters evenly\n"
        "  choose a divisor of both\n"
        "  shapes: input 4×8×8 → conv_transposed1 ✗",
        0,
        "groups",
    ),
    Wrong(
        "[conv_transposed: {filters: 5, output_padding: [0, 2]}, mse]",
        (4, 8, 8),
        "conv_transposed1: an output_padding of 0×2 is not below the stride 2×2\n"
        "  no filter would reach the last rows or columns\n"
        "  shapes: input 4×8×8 → conv_transposed1 ✗",
        0,
        "output_padding",
    ),
    Wrong(
        "[conv_transposed: {filters: 5, output_padding: 1, padding: same}, mse]",
        (4, 8, 8),
        "conv_transposed1: output_padding does not go with padding: same\n"
        "  leave it out\n"
        "  shapes: input 4×8×8 → conv_transposed1 ✗",
        0,
        "output_padding",
    ),
    Wrong(
        "[conv_transposed: {filters: 5, padding: 3}, mse]",
        (4, 3, 8),
        "conv_transposed1: a padding of 3×3 on each side leaves nothing of the output\n"
        "  cut off less, or use a larger kernel or stride\n"
        "  shapes: input 4×3×8 → conv_transposed1 ✗",
        0,
        "padding",
    ),
    Wrong(
        "[conv: {filters: 2, kernel: 7, padding: reflect}, mse]",
        (4, 8, 3),
        "conv1: padding: reflect would mirror 3 pixels of an image of 8×3, more than lie behind its border\n"
        "  use a smaller kernel, padding: same, or less pooling before\n"
        "  shapes: input 4×8×3 → conv1 ✗",
        0,
        "padding",
    ),
    Wrong(
        "[reshape: [8, 8], prelu, mse]",
        (64,),
        "prelu1: prelu per channel expected images or vectors, found 8×8\n"
        "  write per: layer for one slope, or reshape to [channels, rows, columns]\n"
        "  shapes: input 64 → reshape1 8×8 → prelu1 ✗",
        1,
        "per",
    ),
    Wrong(
        "[conv: {filters: 4, groups: 2}, mse]",
        (3, 8, 8),
        "conv1: 2 groups cannot divide the 3 channels of its input evenly\n"
        "  choose a divisor of both\n"
        "  shapes: input 3×8×8 → conv1 ✗",
        0,
        "groups",
    ),
    Wrong(
        "[relu, conv: {filters: 5, groups: 2}, mse]",
        (4, 8, 8),
        "conv1: 2 groups cannot divide the 5 filters evenly\n"
        "  choose a divisor of both\n"
        "  shapes: input 4×8×8 → relu1 4×8×8 → conv1 ✗",
        1,
        "groups",
    ),
    Wrong(
        "[conv: 8, maxpool: 2, conv: {filters: 4, kernel: 5}, mse]",
        (1, 8, 8),
        "conv2: a window of 5×5 does not fit into an image of 3×3\n"
        "  use a smaller window, padding: same, or less pooling before\n"
        "  shapes: input 1×8×8 → conv1 8×6×6 → maxpool1 8×3×3 → conv2 ✗",
        2,
    ),
    Wrong(
        "[conv: {filters: 4, kernel: [3, 9], padding: [0, 1]}, mse]",
        (1, 8, 6),
        "conv1: a window of 3×9 does not fit into an image of 8×6 (8×8 with its padding)\n"
        "  use a smaller window, padding: same, or less pooling before\n"
        "  shapes: input 1×8×6 → conv1 ✗",
        0,
    ),
    Wrong(
        "[conv: {filters: 4, kernel: 3, dilation: 4}, mse]",
        (1, 8, 8),
        "conv1: a window of 3×3 (9×9 with dilation 4×4) does not fit into an image of 8×8\n"
        "  use a smaller window, padding: same, or less pooling before\n"
        "  shapes: input 1×8×8 → conv1 ✗",
        0,
    ),
    *(
        Wrong(
            f"[{word}: {{size: 2, padding: [1, 2]}}, mse]",
            (1, 8, 8),
            f"{word}1: a window of 2×2 would lie wholly in the padding around an image of 8×8\n"
            "  use less padding: fewer rows and columns than the window has\n"
            f"  shapes: input 1×8×8 → {word}1 ✗",
            0,
            "padding",
        )
        for word in ("maxpool", "avgpool")
    ),
    *(
        Wrong(
            f"[random_shift: {pixels}, mse]",
            (3, 8, 1),
            f"random_shift1: a shift by {shift} can move an image of {extent} out of sight\n"
            f"  move by {most} at most\n"
            "  shapes: input 3×8×1 → random_shift1 ✗",
            0,
            "pixels",
        )
        for pixels, shift, extent, most in [
            ("[8, 0]", "8 rows", "8 rows", 7),
            ("1", "1 column", "1 column", 0),
            ("[7, 2]", "2 columns", "1 column", 0),
        ]
    ),
    *(
        Wrong(
            f"[reshape: [{shape}], mse]",
            (64,),
            f"reshape1: reshape cannot make [{shape}] of 64 values\n"
            "  the numbers must multiply to that, with at most one -1 for what is left\n"
            "  shapes: input 64 → reshape1 ✗",
            0,
            "shape",
        )
        for shape in ("3, 5, 5", "-1, -1", "-1, 7", "0, -1", "63", "0")
    ),
]

LOSSES = [
    Wrong(
        "[dense: 5, mse: {target: input}]",
        (4,),
        "mse1: mse expected an output of the input's shape, 4, found 5\n"
        "  let the last layer give 4 values, or compare with the data: target: data\n"
        "  shapes: input 4 → dense1 5 → mse1 ✗",
        1,
        "target",
    ),
    Wrong(
        "[conv: {filters: 3, padding: same}, softmax, cross_entropy]",
        (1, 8, 8),
        "softmax1: softmax makes one distribution of a vector, found 3×8×8, and each pixel has a class\n"
        "  remove softmax: cross_entropy takes the channels at each pixel for logits\n"
        "  shapes: input 1×8×8 → conv1 3×8×8 → softmax1 ✗",
        1,
        classes=3,
        target=(8, 8),
    ),
    Wrong(
        "[conv: 3, cross_entropy]",
        (1, 8, 8),
        "cross_entropy1: cross_entropy on 3 classes of pixels expected an output of 3×8×8, found 3×6×6\n"
        "  let the last convolution have 3 filters, and bring the image to 8×8\n"
        "  shapes: input 1×8×8 → conv1 3×6×6 → cross_entropy1 ✗",
        1,
        classes=3,
        target=(8, 8),
    ),
    Wrong(
        "[conv: {filters: 2, padding: same}, binary_cross_entropy]",
        (1, 8, 8),
        "binary_cross_entropy1: binary_cross_entropy on 2 classes of pixels expected an output of 1×8×8, found 2×8×8\n"
        "  let the last convolution have 1 filter, and bring the image to 8×8\n"
        "  shapes: input 1×8×8 → conv1 2×8×8 → binary_cross_entropy1 ✗",
        1,
        classes=2,
        target=(8, 8),
    ),
    Wrong(
        "[dense: 6, softmax, reshape: [2, 1, 3], cross_entropy]",
        (4,),
        "cross_entropy1: cross_entropy of pixels is given class probabilities of all numbers together\n"
        "  remove the softmax: the output of a convolution is taken for logits\n"
        "  shapes: input 4 → dense1 6 → softmax1 6 → reshape1 2×1×3 → cross_entropy1 ✗",
        3,
        classes=2,
        target=(1, 3),
    ),
    Wrong(
        "[dense: 3, softmax, cross_entropy]",
        (4,),
        "cross_entropy1: cross_entropy expects class labels, the data has values\n"
        "  use mse, mae or huber\n"
        "  shapes: input 4 → dense1 3 → softmax1 3 → cross_entropy1 ✗",
        2,
    ),
    Wrong(
        "[dense: 9, softmax, cross_entropy]",
        (4,),
        "cross_entropy1: cross_entropy expected 10 values per example, one per class of the data, found 9\n"
        "  let the last dense layer have 10 units\n"
        "  shapes: input 4 → dense1 9 → softmax1 9 → cross_entropy1 ✗",
        2,
        classes=10,
    ),
    *(
        Wrong(
            f"[dense: 3, {word}]",
            (4,),
            f"{word}1: {word} expected an output of the targets' shape, {text}, found 3\n"
            f"  let the last dense layer have {units}\n"
            f"  shapes: input 4 → dense1 3 → {word}1 ✗",
            1,
            target=target,
        )
        for word in ("mse", "mae", "huber", "binary_cross_entropy")
        for target, text, units in [((2,), "2", "2 units"), ((), "one number", "1 unit")]
    ),
    *(
        Wrong(
            f"[dense: {found}, {word}]",
            (4,),
            f"{word}1: {word} on {classes} classes expected {expected}, found {found}\n"
            f"  let the last dense layer have {expected.replace('output', 'unit')}\n"
            f"  shapes: input 4 → dense1 {found} → {word}1 ✗",
            1,
            classes=classes,
        )
        for word, found, classes, expected in [
            ("mse", 3, 4, "4 outputs"),
            ("mae", 1, 2, "2 outputs"),
            ("huber", 4, 3, "3 outputs"),
            ("binary_cross_entropy", 2, 2, "1 output"),
            ("binary_cross_entropy", 1, 3, "3 outputs"),
        ]
    ),
]

ENDS = [
    Wrong(
        "[dense: 3, relu]",
        (4,),
        "the stack must end in a loss, it ends in relu\n  add one of: binary_cross_entropy, cross_entropy, huber, mae, mse",
        1,
    ),
    *(
        Wrong(
            text,
            (4,),
            f"the loss {word} must be the last layer of the main stack, and the only loss\n  remove it, or put it at the end",
            1,
        )
        for text, word in [("[dense: 3, mse, relu]", "mse"), ("[dense: 3, huber, mae]", "huber"), ("[relu, mae, mae]", "mae")]
    ),
]


@pytest.mark.parametrize("wrong", [*IMAGES, *VECTORS, *SETTINGS, *LOSSES, *ENDS], ids=str)
def test_message(wrong: Wrong) -> None:
    with pytest.raises(StackError) as caught:
        model_of(wrong.text, wrong.shape, classes=wrong.classes, pixels=wrong.target, target=wrong.target)
    assert str(caught.value) == f"error: {wrong.message}"
    assert (caught.value.written.loc, caught.value.setting) == ((wrong.index,), wrong.setting)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "name", "first", "second"),
    [
        ("[relu, {relu: {name: relu1}}, mse]", "relu1", 1, 2),
        ("[dense: {units: 3, name: dense2}, dense: 4, mse]", "dense2", 1, 2),
        ("[dense: {units: 3, name: a}, relu, dense: {units: 3, name: a}, mse]", "a", 1, 3),
        ("[dense: {units: 3, name: mse1}, mse]", "mse1", 1, 2),
    ],
)
def test_a_name_is_used_once(text: str, name: str, first: int, second: int) -> None:
    with pytest.raises(StackError) as caught:
        model_of(text, (4,))
    assert str(caught.value) == f'error: two layers of one stack are called "{name}"\n  rename one'
    assert (caught.value.written.loc, caught.value.setting) == ((second - 1,), "name")


def test_the_name_of_the_data_is_taken() -> None:
    with pytest.raises(StackError) as caught:
        model_of("[dense: {units: 3, name: input}, mse]", (4,))
    assert (caught.value.written.loc, caught.value.setting) == ((0,), "name")
    assert str(caught.value) == 'error: a layer cannot be called "input": that is the data\n  choose another name'

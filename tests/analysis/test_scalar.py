"""How a person names one number of a network."""

from __future__ import annotations

import pytest
from support.networks import label, model_of

from netcli.analysis.explain.scalar import scalar_of, written
from netcli.errors import UsageError

MODEL = model_of(
    "[conv: {filters: 4, kernel: 3}, batchnorm, flatten, dense: {units: 3, name: the.last-one}, cross_entropy]",
    (2, 6, 6),
    classes=3,
)


@pytest.mark.parametrize(
    ("text", "name", "index"),
    [
        ("conv1/weight[3,0,1,2]", "conv1/weight", (3, 0, 1, 2)),
        (" conv1/weight[ 3, 0, 1 , 2 ] ", "conv1/weight", (3, 0, 1, 2)),
        ("conv1/bias[0]", "conv1/bias", (0,)),
        ("the.last-one/weight[63,2]", "the.last-one/weight", (63, 2)),
        ("batchnorm1/scale", "batchnorm1/scale", None),
    ],
)
def test_right(text: str, name: str, index: tuple[int, ...] | None) -> None:
    found = scalar_of(text, MODEL)
    assert (label(found.parameter), found.index) == (name, index)
    if index is not None:
        assert scalar_of(written(name, index), MODEL) == found


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("conv1/wieght[0]", 'unknown parameter "conv1/wieght"', 'did you mean "conv1/weight"?'),
        ("nothing", 'unknown parameter "nothing"', "there are: conv1/weight (4×2×3×3), conv1/bias (4), "),
        ("", '"" is not a parameter with an index', "write NAME[INDEX,…]"),
        ("conv1/weight[0,0,0,0", "is not a parameter with an index", "write NAME[INDEX,…]"),
        ("conv1/weight[0][0]", "is not a parameter with an index", "write NAME[INDEX,…]"),
        ("input/mean[0]", "input/mean is not trained", "parameters are: conv1/weight"),
        ("step", "step is not trained", "parameters are: "),
        ("conv1/weight[0,0]", "has 2 indices, expected 4", "conv1/weight is 4×2×3×3: [0,0,0,0] is its first number"),
        ("conv1/bias[]", "has 0 indices, expected 1", "conv1/bias is 4: [0] is its first number"),
        ("conv1/bias[1,2]", "has 2 indices, expected 1", "conv1/bias is 4"),
        ("conv1/bias[4]", 'the index 4 in "conv1/bias[4]" is out of range', "conv1/bias is 4: index 1 runs from 0 to 3"),
        ("conv1/bias[-1]", 'the index -1 in "conv1/bias[-1]" is out of range', "index 1 runs from 0 to 3"),
        ("conv1/weight[0,2,0,0]", "the index 2 in", "index 2 runs from 0 to 1"),
        ("conv1/bias[1:3]", '"conv1/bias[1:3]" is a slice', "conv1/bias is 4: give one index per axis"),
        ("conv1/weight[0,...]", "is a slice", "give one index per axis"),
        ("conv1/bias[x]", '"x" in "conv1/bias[x]" is not an index', "indices are whole numbers from 0"),
        ("conv1/bias[1.0]", '"1.0" in', "indices are whole numbers from 0"),
        ("conv1/bias[0,]", '"" in', "indices are whole numbers from 0"),
    ],
)
def test_wrong(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        scalar_of(text, MODEL)
    assert message in caught.value.message
    assert caught.value.hint is not None
    assert hint in caught.value.hint

"""The end of a stack: what the loss is given, read from the layers, once for training, evaluation and every command.

A loss of probabilities works with logits. Which numbers those are is decided here, from what the layers declare
(`Layer.gives`, `rearranges`, `training_only`, `outputs_within`), not from the operations that they happen to build: with
dropout behind a softmax, say, those differ between training and evaluation. A layer that declares nothing, such as a plugin's,
ends the search: nothing is refused and nothing remarked because of it.

Refused: a training-only layer between an activation that makes probabilities and a loss that works with logits, since in
training the loss would be given numbers that are neither; and a softmax of what is normalised already. A loss of values
(mse, mae, huber) takes numbers as they are, in both phases: dropout in front of it is as right as anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netcli.layers.layer import LAYERS, Loss
from netcli.layers.outputs import ANYWHERE, Bounds, Form
from netcli.layers.placing import Placed, StackError


@dataclass(frozen=True)
class Given:
    """What a layer is given by those before it.

    `form` is what layer number `by` made of its input, `disturbed` the number of a training-only layer since then. No value
    leaves `bounds`, because of layer number `bounded_by`. A training-only layer is looked at as it is in evaluation.
    """

    form: Form | None = None
    by: int = -1
    disturbed: int | None = None
    bounds: Bounds = ANYWHERE
    bounded_by: int = -1


@dataclass(frozen=True)
class Remark:
    """What is hardly meant, though it can be trained: at layer number `index`."""

    index: int
    message: str
    hint: str


@dataclass(frozen=True)
class Ending:
    """What the loss reads: the `form` of its input, None where it takes that as it is (as logits or as values).

    With a form, layer number `by` made it, and its input are the logits. `given` is what each layer is given.
    """

    form: Form | None
    by: int
    given: tuple[Given, ...]
    remarks: tuple[Remark, ...]

    @property
    def logits(self) -> Given:
        """What is known of the logits; of the values, for a loss of values."""
        return self.given[-1] if self.form is None else self.given[self.by]


def ending_of(layers: Sequence[Placed]) -> Ending:
    """Look at a stack that ends in a loss. Raises StackError for what is refused."""
    given = [Given()]
    for index, placed in enumerate(layers[:-1]):
        _check_normalised_once(layers, index, given[index])
        given.append(_behind(placed, index, given[index]))
    loss, last = layers[-1].layer, given[-1]
    assert isinstance(loss, Loss), "a stack ends in a loss"
    if not loss.reads:
        return Ending(None, -1, tuple(given), ())
    if last.form is not None and last.disturbed is not None:
        raise _disturbed(layers, last)
    if last.form not in loss.reads:
        return Ending(None, -1, tuple(given), _remarks(layers, last, last.form))
    return Ending(last.form, last.by, tuple(given), _remarks(layers, given[last.by], None))


def _remarks(layers: Sequence[Placed], logits: Given, misread: Form | None) -> tuple[Remark, ...]:
    """Logits that are bounded, and what to do; `misread` is the form that the loss takes for logits."""
    if logits.bounds == ANYWHERE:
        return ()
    loss, odd = layers[-1], layers[logits.bounded_by]
    assert isinstance(loss.layer, Loss)
    remedies = [f"remove {odd.name}", "put a layer with weights behind it"]
    if misread is not None:
        remedies.append(f"write {_words(loss.layer)} in its place")
    return (
        Remark(
            logits.bounded_by,
            f"{loss.name} takes what {odd.name} gives for logits, and that lies {logits.bounds}: "
            "some probabilities cannot be predicted",
            f"logits may lie anywhere: {', or '.join(remedies)}",
        ),
    )


def _words(loss: Loss) -> str:
    """The layers that make what a loss reads."""
    return " or ".join(word for word, kind in LAYERS.members.items() if kind.gives in loss.reads)


def _behind(placed: Placed, index: int, given: Given) -> Given:
    """What a layer makes of what it is given."""
    layer = placed.layer
    form, by, disturbed = layer.gives, index, None
    if layer.rearranges or layer.training_only:
        form, by, disturbed = given.form, given.by, given.disturbed
        if layer.training_only and disturbed is None:
            disturbed = index
    bounds = layer.outputs_within(given.bounds)
    return Given(form, by, disturbed, bounds, given.bounded_by if bounds == given.bounds else index)


def _check_normalised_once(layers: Sequence[Placed], index: int, given: Given) -> None:
    own = layers[index].layer.gives
    if own is None or given.form is None or not (own.normalised and given.form.normalised):
        return
    first, second = layers[given.by], layers[index]
    even = "a softmax of probabilities is nearly even, whatever the weights"
    again = "it makes the same of them again"
    raise StackError(
        f"{second.name} is given the {given.form.value} of {_named(first)}: "
        + (even if given.form is Form.CLASS_PROBABILITIES else again),
        index,
        None,
        "remove one of the two, or put a layer with weights between them",
    )


def _disturbed(layers: Sequence[Placed], given: Given) -> StackError:
    assert given.disturbed is not None
    noise, made, loss = layers[given.disturbed], layers[given.by], layers[-1]
    return StackError(
        f"{noise.name} stands between {_named(made)} and its loss {loss.name}: in training it would change probabilities into "
        "numbers that are none, and another function would be trained than is evaluated",
        given.disturbed,
        None,
        f"remove {noise.name}, or put it in front of the layer with weights that {made.name} follows",
    )


def _named(placed: Placed) -> str:
    """A layer and its line."""
    return placed.name if placed.line is None else f"{placed.name} (line {placed.line})"

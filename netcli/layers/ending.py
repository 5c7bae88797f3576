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

from collections.abc import Callable
from dataclasses import dataclass

from netcli.layers.layer import LAYERS, Loss
from netcli.layers.outputs import ANYWHERE, Bounds, Form
from netcli.layers.placing import Placed, StackError


@dataclass(frozen=True)
class Given:
    """What a layer is given by those before it.

    `form` is what layer `by` made of its input, `disturbed` a training-only layer since then. No value leaves `bounds`, because
    of layer `bounded_by`. A training-only layer is looked at as it is in evaluation.
    """

    form: Form | None = None
    by: Placed | None = None
    disturbed: Placed | None = None
    bounds: Bounds = ANYWHERE
    bounded_by: Placed | None = None


@dataclass(frozen=True)
class Remark:
    """What is hardly meant, though it can be trained, and at which layer."""

    placed: Placed
    message: str
    hint: str


@dataclass(frozen=True)
class Ending:
    """What the loss reads: the `form` of its input, None where it takes that as it is (as logits or as values).

    With a form, the layer `by` made it of the logits, of which `logits` is known; without one it is known of the loss's input.
    """

    form: Form | None
    by: Placed | None
    logits: Given
    remarks: tuple[Remark, ...]


def behind(placed: Placed, given: Given) -> Given:
    """What a layer makes of what it is given. Raises StackError for a softmax of what is normalised already."""
    layer = placed.layer
    _check_normalised_once(placed, given)
    form, by, disturbed = layer.gives, placed if layer.gives is not None else None, None
    if layer.rearranges or layer.training_only:
        form, by, disturbed = given.form, given.by, given.disturbed
        if layer.training_only and disturbed is None:
            disturbed = placed
    bounds = layer.outputs_within(given.bounds)
    return Given(form, by, disturbed, bounds, given.bounded_by if bounds == given.bounds else placed)


def ending_of(placed: Placed, last: Given, logits: Callable[[Placed], Given]) -> Ending:
    """Look at a loss that is given `last`; `logits` says what an earlier layer was given. Raises StackError."""
    loss = placed.layer
    assert isinstance(loss, Loss), "a stack ends in a loss"
    if not loss.reads:
        return Ending(None, None, last, ())
    if last.form is not None and last.disturbed is not None:
        raise _disturbed(placed, last)
    if last.form not in loss.reads or last.by is None:
        return Ending(None, None, last, _remarks(placed, last, last.form))
    before = logits(last.by)
    return Ending(last.form, last.by, before, _remarks(placed, before, None))


def _remarks(placed: Placed, logits: Given, misread: Form | None) -> tuple[Remark, ...]:
    """Logits that are bounded, and what to do; `misread` is the form that the loss takes for logits."""
    odd, loss = logits.bounded_by, placed.layer
    if logits.bounds == ANYWHERE or odd is None:
        return ()
    assert isinstance(loss, Loss)
    remedies = [f"remove {odd.name}", "put a layer with weights behind it"]
    if misread is not None:
        remedies.append(f"write {_words(loss)} in its place")
    return (
        Remark(
            odd,
            f"{placed.name} takes what {odd.name} gives for logits, and that lies {logits.bounds}: "
            "some probabilities cannot be predicted",
            f"logits may lie anywhere: {', or '.join(remedies)}",
        ),
    )


def _words(loss: Loss) -> str:
    """The layers that make what a loss reads."""
    return " or ".join(word for word, kind in LAYERS.members.items() if kind.gives in loss.reads)


def _check_normalised_once(placed: Placed, given: Given) -> None:
    own, first = placed.layer.gives, given.by
    if own is None or given.form is None or first is None or not (own.normalised and given.form.normalised):
        return
    even = "a softmax of probabilities is nearly even, whatever the weights"
    again = "it makes the same of them again"
    raise StackError(
        f"{placed.name} is given the {given.form.value} of {_named(first)}: "
        + (even if given.form is Form.CLASS_PROBABILITIES else again),
        placed.written,
        None,
        "remove one of the two, or put a layer with weights between them",
    )


def _disturbed(loss: Placed, given: Given) -> StackError:
    assert given.disturbed is not None
    assert given.by is not None
    noise, made = given.disturbed, given.by
    return StackError(
        f"{noise.name} stands between {_named(made)} and its loss {loss.name}: in training it would change probabilities into "
        "numbers that are none, and another function would be trained than is evaluated",
        noise.written,
        None,
        f"remove {noise.name}, or put it in front of the layer with weights that {made.name} follows",
    )


def _named(placed: Placed) -> str:
    """A layer and its line."""
    return placed.name if placed.line is None else f"{placed.name} (line {placed.line})"

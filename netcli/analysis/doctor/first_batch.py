"""The layers, and one batch, forward and backward, at the initial weights: data, end of the stack, loss, scales, dead units."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from netcli import numbers
from netcli.analysis.diagnosis import VANISHING_SHARE
from netcli.analysis.doctor.baseline import baseline_of, loss_of
from netcli.analysis.doctor.records import Finding, Verdict
from netcli.analysis.values import first_batch
from netcli.autodiff import gradients
from netcli.errors import Place
from netcli.graph import Array, Graph, Node, Variable, op_of
from netcli.layers.building import counted
from netcli.layers.layer import Baseline, Loss
from netcli.layers.placing import Placed
from netcli.training.remarks import last_batch, small_batch, starved
from netcli.training.session import Session

#: Inputs around 0 with a deviation near 1 are what the initialisers are derived for (LeCun, Bottou, Orr and Müller, "Efficient
#: BackProp", 1998, section 4.3). A sample of a standardised data set is well inside these.
_MOST_MEAN, _DEVIATIONS = 0.5, (0.3, 3.0)
#: Times the deviation of the least feature that the largest may have: gradients go with its square.
_MOST_UNEVEN = 100.0
#: Times the loss that a network should begin near. Logits of variance s² add s²/2 to ln(classes): a deviation of 2 doubles
#: that of ten classes. Ten times is what no usual initialisation comes near.
_LARGE_LOSS, _HUGE_LOSS = 2.0, 10.0
#: An initial loss below this share of the best constant prediction's: the target is part of the input.
_SMALL_LOSS = 0.5
#: Deviations of a layer's output. He et al. 2015 and Glorot & Bengio 2010 keep them near 1; two powers of ten off are lost.
_SCALES = (1e-2, 1e2)
#: Shares of a layer's units that are 0 for every example of the batch. A few are usual with relu.
_MANY_DEAD, _MOST_DEAD = 0.1, 0.5
#: Examples that are looked at.
_EXAMPLES = 256


@dataclass(frozen=True, eq=False)
class _Seen:
    """The values that one batch gives: standardised inputs, the loss, each layer's output, each parameter's gradient."""

    session: Session
    inputs: Array
    loss: float
    outputs: Mapping[Placed, Array]
    gradients: Mapping[Node, Array]


def look(session: Session, asked: Callable[[], bool]) -> Iterator[Finding]:
    """All findings of the first batch."""
    seen = _seen(session)
    if asked():
        raise KeyboardInterrupt
    yield _standardised(seen)
    yield from _ending(session)
    yield from _last_batch(session)
    yield _first_loss(seen)
    yield _activations(seen)
    yield _gradients(seen)
    dead = _dead(seen)
    if dead is not None:
        yield dead


def _seen(session: Session) -> _Seen:
    """Run the batch, by the session's executor."""
    network, parameters = session.model.training, session.model.parameters
    layers = [(placed, node) for placed, node in network.layers if node.type.varying and node.type.is_float]
    found = gradients([network.objective], parameters, unconnected="zero")
    outputs = {f"layer {number}": node for number, (_, node) in enumerate(layers)}
    outputs |= {f"gradient {number}": g for number, g in enumerate(found)}
    inputs = _standardised_input(session)
    graph = Graph({**outputs, "inputs": inputs, "loss": network.loss})
    feeds = first_batch(session, _EXAMPLES)
    state = session.first_values(session.model.variables.values())
    values = session.executor.compile(graph).run(state, {label: feeds[label] for label in graph.placeholders})
    return _Seen(
        session,
        values["inputs"].astype(np.float64),
        float(values["loss"]),
        {placed: values[f"layer {number}"].astype(np.float64) for number, (placed, _) in enumerate(layers)},
        {w: values[f"gradient {number}"].astype(np.float64) for number, w in enumerate(parameters)},
    )


def _standardised_input(session: Session) -> Node:
    """What the first layer is given."""
    graph = Graph({"loss": session.model.training.loss})
    return [node for node in graph.nodes if node.origin.layer == "input" and node.type.varying and node.type.is_float][-1]


# ------------------------------------------------------------------------------------------------------------------ data


def _standardised(seen: _Seen) -> Finding:
    mean, deviation = float(seen.inputs.mean()), float(seen.inputs.std())
    each = _deviations(seen.inputs)
    good = abs(mean) <= _MOST_MEAN and _DEVIATIONS[0] <= deviation <= _DEVIATIONS[1] and each[1] <= _MOST_UNEVEN * each[0]
    advice = "data.standardize: all (or channel, or feature) gives inputs a mean of 0 and a deviation of 1"
    return Finding(
        "data standardised",
        "ok" if good else "warning",
        f"mean {numbers.significant(mean)}, deviation {numbers.significant(deviation)}",
        f"about 0 and 1; features within {_MOST_UNEVEN:g} times",
        {"mean": mean, "deviation": deviation, "least_deviation": each[0], "largest_deviation": each[1]},
        None if good else advice,
        None if good else seen.session.loaded.place("data", "standardize"),
    )


def _deviations(inputs: Array) -> tuple[float, float]:
    """The least and the largest deviation of a feature, or of a channel of images; those that never change are left out."""
    deviations = inputs.std(axis=(0, *range(2, inputs.ndim)))
    moving = deviations[deviations > 0]
    return (float(moving.min()), float(moving.max())) if moving.size else (0.0, 0.0)


# ------------------------------------------------------------------------------------------------------------------ loss


def _ending(session: Session) -> Iterator[Finding]:
    """What a loss of probabilities is given; nothing is said of a loss of values."""
    ending = session.model.ending
    if not loss_of(session).reads:
        return
    remark, bounds = next(iter(ending.remarks), None), ending.logits.bounds
    what = "logits" if ending.form is None else f"{ending.form.value} of {ending.by.name if ending.by else ''}"
    yield Finding(
        "end of the stack",
        "ok" if remark is None else "warning",
        what if remark is None else f"logits {bounds}",
        "logits that may lie anywhere",
        {"form": None if ending.form is None else ending.form.value, "low": bounds.low, "high": bounds.high},
        None if remark is None else f"{remark.message}; {remark.hint}",
        None if remark is None else session.place_of(remark.placed.name),
    )


def _last_batch(session: Session) -> Iterator[Finding]:
    """Whether the last batch of an epoch is too small for a layer; nothing is said where no layer asks for more than one."""
    if not any(placed.layer.least_batch(node.shape) > 1 for placed, node in session.model.training.layers):
        return
    placed, examples = starved(session), last_batch(session)
    problem = None if placed is None else small_batch(session, placed)
    yield Finding(
        "last batch",
        "ok" if problem is None else "warning",
        counted(examples, "example"),
        "at least 2, for batchnorm",
        {"examples": examples},
        None if problem is None else f"{problem.message}; {problem.hint}",
        None if problem is None else problem.place,
    )


def _first_loss(seen: _Seen) -> Finding:
    """Against the losses of a network that knows nothing of its input, as the loss itself has them."""
    baseline, word = baseline_of(seen.session), loss_of(seen.session).word
    verdict, advice = _judged_loss(seen.loss, baseline, values=seen.session.model.classes is None)
    return Finding(
        "initial loss",
        verdict,
        numbers.significant(seen.loss),
        f"{word} has no baseline" if baseline is None else f"{numbers.significant(baseline.start)}, {baseline.words}",
        {
            "loss": seen.loss,
            "baseline": None if baseline is None else baseline.start,
            "constant": None if baseline is None else baseline.constant,
        },
        advice,
        None if advice is None else _last_weights(seen.session),
    )


def _judged_loss(loss: float, baseline: Baseline | None, *, values: bool) -> tuple[Verdict, str | None]:
    """The verdict; `values` says that the targets are values, which may lie anywhere, and no classes."""
    if not math.isfinite(loss):
        return "fault", "the network overflows before its first step: standardise the data, or make the initial weights smaller"
    if baseline is None:
        return "unknown", None
    if not baseline.constant:
        return "warning", "the targets are always the same: there is nothing to learn"
    if loss > _LARGE_LOSS * baseline.start:
        advice = (
            "the targets are far from what the network begins with: scale them to about -1 to 1, or begin at their mean, "
            "with bias_init: {constant: MEAN} in the last layer"
            if values
            else "the network begins sure of wrong answers: make the initial weights of its last layer smaller, such as with "
            "init: {normal: 0.01}, or standardise the data"
        )
        return "fault" if loss > _HUGE_LOSS * baseline.start else "warning", advice
    if loss < _SMALL_LOSS * baseline.constant:
        return "warning", "less than a network that knows nothing can have: is the target among the inputs?"
    return "ok", None


def _last_weights(session: Session) -> Place | None:
    """Where the last layer with weights stands."""
    names = [w.origin.layer for w in session.model.parameters]
    return session.place_of(names[-1]) if names else None


# ---------------------------------------------------------------------------------------------------------------- scales


def _activations(seen: _Seen) -> Finding:
    """The deviation of each layer's output, but for those that make probabilities or the loss of it."""
    after = seen.session.model.after
    values = [p for p in seen.session.layers if after[p].form is None and not isinstance(p.layer, Loss)]
    found = {p: float(seen.outputs[p].std()) for p in values if p in seen.outputs}
    if not found:
        found = {p: float(y.std()) for p, y in seen.outputs.items()}
    small, large = min(found, key=found.__getitem__), max(found, key=found.__getitem__)
    off = next((p for p in found if not _SCALES[0] <= found[p] <= _SCALES[1]), None)
    growing = off is not None and not found[off] < _SCALES[0]
    how = "grow" if growing else "fade"
    return Finding(
        "activation scale",
        "ok" if off is None else "warning",
        f"{numbers.significant(found[small])} ({small.name}) to {numbers.significant(found[large])} ({large.name})",
        "deviations of 0.01 to 100",
        {p.name: deviation for p, deviation in found.items()},
        None
        if off is None
        else f"values {how} towards {off.name}: another initializer, batchnorm before it, or standardised data",
        None if off is None else seen.session.place_of(off.name),
    )


def _gradients(seen: _Seen) -> Finding:
    """The gradient per weight of each layer: the weakest against the strongest."""
    sizes = {
        op_of(w, Variable).label: (float(np.sqrt(np.square(g).mean())), w)
        for w, g in seen.gradients.items()
        if len(w.shape) >= 2
    }
    if not sizes or not all(math.isfinite(size) for size, _ in sizes.values()):
        advice = "the backward pass overflows: standardise the data, make the initial weights smaller, or put batchnorm between"
        return Finding("gradient scale", "fault" if sizes else "ok", "not finite" if sizes else "no weights", "", {}, advice)
    weak, strong = (choose(sizes, key=lambda name: sizes[name][0]) for choose in (min, max))
    share = sizes[weak][0] / sizes[strong][0] if sizes[strong][0] else 0.0
    fades = share < VANISHING_SHARE
    advice = f"almost nothing of the gradient comes to {weak}: relu instead of sigmoid or tanh, batchnorm, or fewer layers"
    return Finding(
        "gradient scale",
        "warning" if fades else "ok",
        f"{weak} {numbers.scientific(share)} of {strong}" if weak != strong else f"{weak} alone",
        f"per weight at least {VANISHING_SHARE:g}",
        {name: size for name, (size, _) in sizes.items()},
        advice if fades else None,
        seen.session.place_of(sizes[weak][1].origin.layer) if fades else None,
    )


# ------------------------------------------------------------------------------------------------------------ dead units


def _dead(seen: _Seen) -> Finding | None:
    """Of each layer that can tell, such as relu, the share of units (channels of images) that no example of the batch wakes."""
    told = {p: p.layer.dead(y) for p, y in seen.outputs.items()}
    shares = {p: float(np.mean(dead)) for p, dead in told.items() if dead is not None}
    if not shares:
        return None
    most = max(shares, key=shares.__getitem__)
    share = shares[most]
    verdict: Verdict = "ok" if share <= _MANY_DEAD else "warning" if share < _MOST_DEAD else "fault"
    advice = f"units of {most.name} that no example wakes learn nothing: larger biases, he initial weights, or leaky_relu"
    return Finding(
        "dead units",
        verdict,
        f"{numbers.percent(share, 1)} of {most.name}",
        f"at most {_MANY_DEAD:.0%} of a layer",
        {p.name: each for p, each in shares.items()},
        None if verdict == "ok" else advice,
        None if verdict == "ok" else seen.session.place_of(most.name),
    )

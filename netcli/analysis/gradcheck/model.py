"""The gradient check of a model on a batch of its data: in float64, or of what an executor computes in float32."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netcli.autodiff import gradients
from netcli.autodiff.gradcheck import (
    Check,
    CheckSettings,
    Evaluate,
    Fault,
    blame,
    check_float32,
    check_graph,
    sample_inputs,
)
from netcli.executors import Executor, State
from netcli.executors.numpy import leaf_values, values_of
from netcli.graph import Array, Differentiable, Graph, Node, Op, Placeholder, Variable, op_of, topological
from netcli.passes import optimize
from netcli.training.session import Session

#: Floating-point operations that a check may take, more or less: a few minutes of one core.
_WORK = 1e12
#: What a derivative takes, in computations of the loss: at two points, and once with complex numbers, which is four times the
#: work; of that one half, on average, since what does not depend on the parameter is known.
_LOSSES = 3


def check_model(session: Session, examples: int, settings: CheckSettings, *, whole: bool = True) -> list[Check]:
    """Check the objective (loss and penalties) with respect to every parameter, at the initial weights.

    The batch is the first `examples` of the training data; random operations are those of the first step. Unless it is
    to be `whole`, a share of what the settings say is looked at where all of it took too long. The session is one that was
    prepared in float64.
    """
    objective, parameters = session.model.training.objective, session.model.parameters
    leaves = _leaves(session, Graph({"objective": objective}), examples)
    wanted = sum(settings.derivatives(parameter.type.size) for parameter in parameters) * _LOSSES * _flops(objective, examples)
    if not whole and wanted > _WORK:
        settings = settings.reduced(_WORK / wanted)
    return check_graph(objective, parameters, leaves, values_of, settings)


def _flops(y: Node, examples: int) -> int:
    """Floating-point operations of a value, for so many examples."""
    total = 0
    for node in topological([y]):
        inputs = [x.type for x in node.inputs]
        per_example = any(each.varying for each in (node.type, *inputs))
        total += node.op.flops(node.type, *inputs) * (examples if per_example else 1)
    return total


def find_faults(session: Session, examples: int, settings: CheckSettings) -> list[Fault]:
    """The operations on the way from the parameters to the objective that are wrong by themselves, at the same point."""
    objective = session.model.training.objective
    leaves = _leaves(session, Graph({"objective": objective}), examples)
    return blame(objective, session.model.parameters, leaves, values_of, settings)


def find_operation_faults(classes: Sequence[type[Op]], settings: CheckSettings) -> list[Fault]:
    """What is wrong with operations on their samples: for each rule and input what the first sample shows that it fails."""
    faults: dict[tuple[object, ...], Fault] = {}
    for sample in (sample for operation in classes for sample in operation.samples()):
        values = sample_inputs(sample, settings.seed)
        floats = [x for x in values if x.type.is_float]
        if isinstance(sample.op, Differentiable) and floats:
            for fault in blame(Node(sample.op, values), floats, values, values_of, settings):
                faults.setdefault((fault.operation, fault.rule, fault.order, fault.input), fault)
    return list(faults.values())


def check_executor(session: Session, runner: Executor, examples: int) -> list[Check]:
    """Check what an executor computes in float32 as the gradients of the objective, at the same point: a row per parameter.

    The graph goes through the passes, as in training; it is compared with itself without them, in float64, from the same
    weights and data. The session is one that was prepared in float32.
    """
    parameters = session.model.parameters
    wanted = dict(
        zip(
            (op_of(w, Variable).label for w in parameters),
            gradients([session.model.training.objective], parameters),
            strict=True,
        )
    )
    return check_float32(wanted, _leaves(session, Graph(wanted), examples), computed_by(runner))


def computed_by(runner: Executor) -> Evaluate:
    """Values of nodes by an executor, from those of the leaves, as `Evaluate` gives them."""

    def compute(nodes: Sequence[Node], given: Mapping[Node, Array]) -> list[Array]:
        graph = optimize(Graph({str(number): node for number, node in enumerate(nodes)}))
        state = State({op_of(node, Variable).label: given[node] for node in graph.variables})
        feeds = {op_of(node, Placeholder).label: given[node] for node in graph.placeholders.values()}
        outputs = runner.compile(graph).run(state, feeds)
        return [outputs[str(number)] for number in range(len(nodes))]

    return compute


def _leaves(session: Session, graph: Graph, examples: int) -> dict[Node, Array]:
    """The first examples of the training data, the initial weights, the random numbers of the first step."""
    feeds = {label: array[:examples] for label, array in session.train_data.items()}
    typed = {label: feeds[label].astype(node.type.dtype) for label, node in graph.placeholders.items()}
    return leaf_values(graph, session.initial_state(), typed)

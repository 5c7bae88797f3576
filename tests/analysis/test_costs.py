"""What layers cost, against counts by hand."""

from __future__ import annotations

from support.graphs import Sample, digits, knotted, lenet, sample, sigmoid_dropout
from support.training import rule_of, step_of

from netcli.analysis.inspect.costs import activation_bytes, cost
from netcli.analysis.inspect.records import LayerRow
from netcli.analysis.inspect.views import view_of
from netcli.autodiff import gradients
from netcli.passes import optimize


def row(of: Sample, name: str) -> LayerRow:
    """The row of a layer."""
    return next(row for row in of.layers if row.name == name)


def test_layers_in_the_order_of_the_stack_behind_the_input() -> None:
    assert [(layer.name, layer.type, layer.line) for layer in sigmoid_dropout().layers] == [
        ("input", "input", None),
        ("dense1", "dense", 10),
        ("sigmoid1", "sigmoid", 11),
        ("dropout1", "dropout", 12),
        ("mse1", "mse", 13),
    ]


def test_shapes_and_parameters_of_lenet5() -> None:
    rows = lenet().layers
    assert [layer.output_shape for layer in rows[:8]] == [
        (1, 28, 28), (6, 28, 28), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 10, 10), (16, 5, 5), (400,),
    ]  # fmt: skip
    assert row(lenet(), "conv1").parameters == 6 * 1 * 5 * 5 + 6
    assert row(lenet(), "dense1").parameters == 400 * 120 + 120
    assert sum(layer.parameters for layer in rows) == 61_706  # LeCun's, with every map joined to every map


def test_flops_of_convolution_and_dense_layer() -> None:
    first, second, dense = (row(lenet(), name) for name in ("conv1", "conv2", "dense1"))
    multiply_add, bias = 2 * 6 * 28 * 28 * (1 * 5 * 5), 6 * 28 * 28
    assert first.flops_forward == multiply_add + bias
    assert first.flops_backward == multiply_add + bias  # no gradient of the input; the bias's is a sum over places and batch
    multiply_add, bias = 2 * 16 * 10 * 10 * (6 * 5 * 5), 16 * 10 * 10
    assert second.flops_forward == multiply_add + bias
    assert second.flops_backward == 2 * multiply_add + bias
    assert dense.flops_forward == 2 * 400 * 120 + 120
    assert dense.flops_backward == 2 * 2 * 400 * 120 + 120


def test_layers_that_only_look_at_values_cost_nothing() -> None:
    flatten = row(digits(), "flatten1")
    assert (flatten.flops_forward, flatten.flops_backward, flatten.activation_bytes) == (0, 0, 0)
    softmax = row(digits(), "softmax1")  # the loss is computed from what softmax reads
    assert (softmax.flops_forward, softmax.flops_backward, softmax.activation_bytes) == (0, 0, 0)


def test_rows_add_up_to_the_phases() -> None:
    for of in (sigmoid_dropout(), lenet(), knotted()):
        assert sum(layer.flops_forward for layer in of.layers) == cost(of.step, "forward").per_example
        assert sum(layer.flops_backward for layer in of.layers) == cost(of.step, "backward").per_example


def test_what_is_done_once_a_step_does_not_grow_with_the_batch() -> None:
    update = cost(sigmoid_dropout().step, "update")
    assert update.per_example == 0
    # of 15 numbers: their gradients' squares at least, a product with the rate, a difference
    assert update.per_step >= 3 * 15
    plain = sample("[dense: 3, sigmoid, dropout: 0.5, mse]", (4,), 3)
    decayed = sample("[dense: 3, sigmoid, dropout: 0.5, mse]", (4,), 3, weight_decay=0.1)
    assert decayed.layers == plain.layers  # the penalty is one for all examples


def test_activations_are_what_the_backward_pass_reads() -> None:
    kept = {layer.name: layer.activation_bytes for layer in sigmoid_dropout().layers}
    assert kept == {
        "input": 4 * 4,  # x, for the gradient of the weights
        "dense1": 0,  # W·x + b is not read: sigmoid's derivative is a function of its result
        "sigmoid1": 3 * 4,
        "dropout1": 3,  # which values are dropped
        "mse1": 3 * 4,  # the differences
    }


def test_a_reshaped_value_is_kept_once_by_the_layer_that_computed_it() -> None:
    kept = activation_bytes(digits().step)
    # relu's result for itself and for the pool, the pool's (flattened) for dense's weights; nothing needs conv's
    assert (kept["relu1"], kept["maxpool1"]) == (16 * 8 * 8 * 4, 16 * 4 * 4 * 4)
    assert not {"conv1", "flatten1"} & set(kept)


def test_views_hold_more_and_more_of_the_step() -> None:
    of = digits()
    forward, backward, step = (set(of.view(view).nodes) for view in ("forward", "backward", "step"))
    assert forward < backward < step
    assert {node.origin.phase for node in forward} == {"forward"}
    assert {node.origin.phase for node in backward} == {"forward", "backward"}
    assert not of.view("backward").updates
    assert of.view("step").updates == of.step.updates


def test_gradients_are_outputs_and_the_nodes_that_the_step_uses() -> None:
    of = digits()
    named = {name for name in of.view("backward").outputs if name.startswith("gradients/")}
    assert named == {f"gradients/{name}/{kind}" for name in ("conv1", "dense1") for kind in ("weight", "bias")}
    found = gradients([of.model.training.objective], of.model.parameters)
    assert list(of.view("step").outputs.values())[-len(found) :] == found
    assert set(found) < set(of.step.nodes)
    assert named <= set(optimize(of.view("step")).outputs)


def test_the_objective_is_an_output_where_it_is_not_the_loss() -> None:
    assert "objective" not in sigmoid_dropout().view("forward").outputs
    of = knotted()
    assert of.view("forward").outputs["objective"] is of.model.training.objective


def test_views_of_an_optimizer_with_slots() -> None:
    model = digits().model
    graph = view_of(model, step_of(model, rule_of("adam")), "step")
    assert {f"adam/{slot}/conv1/weight" for slot in ("mean", "square")} <= {graph.names[node] for node in graph.updates}

"""Values that lie within the memory of others: what is joined is stored in place, what is taken out lies where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.agreement import fed, var

from netcli.autodiff import gradients
from netcli.config.load import load
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.target import cpu
from netcli.graph import Graph, Node
from netcli.ops import Window, batch_sum, concat, conv2d, dense, exp, part, relu, reshape, sum_over, tanh
from netcli.ops.concat import Concat
from netcli.ops.slice import Slice
from netcli.training.session import prepare

ZOO = Path(__file__).parents[2] / "configs" / "zoo"


def kernels_of(plan: Plan) -> list[Node]:
    """The varying values that are stored by a kernel, in order."""
    return [node for phase in plan.schedule.phases if phase.varying for node in phase.nodes if node.type.varying]


def test_the_parts_of_what_is_joined_are_stored_into_their_places() -> None:
    """Branches that end in convolutions: nothing is copied, and what a convolution reads has its halo all the same."""
    x, ws, top = fed("x", 3, 4, 5), [var(f"w{i}", 2 + i, 3, 3, 3) for i in range(3)], var("top", 2, 9, 3, 3)
    window = Window((3, 3), padding=(1, 1, 1, 1))
    parts = [relu(conv2d(x, w, window)) for w in ws]
    joined = concat(parts, -3)
    loss = sum_over(batch_sum(conv2d(joined, top, window)))
    plan = Plan(Graph({"loss": loss, "dx": gradients([loss], [ws[0]])[0]}), cpu("haswell"), 32)
    assert joined not in kernels_of(plan)
    assert set(parts) <= set(kernels_of(plan))
    whole = plan.buffers[joined]
    for part_, start in zip(parts, (0, 2, 5), strict=True):
        own = plan.buffers[part_]
        assert (own.memory, own.offset, own.floats) == (whole.memory, whole.offset, whole.floats)
        assert own.layout.strides == whole.layout.strides == (42, 7, 1)
        assert own.layout.offset == whole.layout.offset + start * 42


def test_a_part_that_several_read_lies_where_it_is() -> None:
    x = fed("x", 6, 4, 4)
    value = exp(x)
    left = part(value, -3, 0, 2)
    loss = sum_over(batch_sum(tanh(left) * left + part(value, -3, 2, 2) * part(value, -3, 4, 2)))
    plan = Plan(Graph({"loss": loss}), cpu("haswell"), 32)
    assert plan.schedule.houses.hosts == {left: (value, 0)}
    assert not any(isinstance(node.op, Slice) for node in kernels_of(plan))


def test_what_is_joined_twice_is_copied_once() -> None:
    """A value has one place."""
    x = fed("x", 2, 4, 4)
    a, b = exp(x), tanh(x)
    first, second = concat([a, b], -3), concat([b, a], -3)
    graph = Graph({"loss": sum_over(batch_sum(first * second))})
    plan = Plan(graph, cpu("haswell"), 32)
    assert [node for node in kernels_of(plan) if isinstance(node.op, Concat)] == [second]
    assert plan.schedule.houses.hosts == {a: (first, 0), b: (first, 2)}


def test_what_is_joined_within_what_is_joined() -> None:
    """As in a dense block, where all that was before is joined to what is new."""
    x, ws = fed("x", 2, 4, 4), [var(f"w{i}", 2, 2 + 2 * i, 1, 1) for i in range(3)]
    before = exp(x)
    for w in ws:
        before = concat([before, conv2d(before, w, Window((1, 1)))], -3)
    plan = Plan(Graph({"loss": sum_over(batch_sum(before * before))}), cpu("haswell"), 32)
    assert not any(isinstance(node.op, Concat) for node in kernels_of(plan))
    assert {plan.schedule.houses.owner(node)[0] for node in plan.schedule.houses.hosts} == {before}
    assert sorted(plan.schedule.houses.owner(node)[1] for node in plan.schedule.houses.hosts) == [0, 0, 0, 2, 4, 6]


def test_outputs_and_reshaped_values_have_buffers_of_their_own() -> None:
    x = fed("x", 2, 4, 4)
    shown, reshaped = exp(x), tanh(x)
    joined = concat([shown, reshaped], -3)
    flat = dense(reshape(reshaped, (32,)), var("w", 32, 2))
    plan = Plan(Graph({"loss": sum_over(batch_sum(joined * joined)), "shown": shown, "flat": flat}), cpu("haswell"), 32)
    assert not plan.schedule.houses.hosts
    assert joined in kernels_of(plan)


@pytest.mark.parametrize("name", ["densenet121", "googlenet", "squeezenet", "unet"])
def test_networks_with_branches_copy_nothing(name: str) -> None:
    """Forward and backward."""
    plan = Plan(prepare(load(ZOO / f"{name}.yaml")).optimized_step, cpu("haswell"), 16)
    assert plan.schedule.houses.hosts
    assert not [node for node in kernels_of(plan) if isinstance(node.op, Concat | Slice)]

"""The networks of configs/zoo: as many parameters as published, a picture, right gradients, a loss that falls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from support.runs import succeed

from netcli.autodiff import gradients, jvp
from netcli.autodiff.gradcheck import CheckSettings, check_graph
from netcli.config.load import load
from netcli.executors.numpy import leaf_values, values_of
from netcli.graph import Graph, placeholder, verify
from netcli.training.session import Session, prepare

ZOO = Path(__file__).resolve().parents[2] / "configs" / "zoo"
README = ZOO.parents[1] / "README.md"
CONFIGS = {path.stem: path for path in sorted(ZOO.glob("*.yaml"))}

#: As many parameters as torchvision's documentation says; the paper of ResNet-20 says 0.27M.
PARAMETERS: Mapping[str, int] = {
    "convnext-tiny": 28_589_128,
    "densenet121": 7_978_856,
    "googlenet": 6_624_904,
    "mobilenetv2": 3_504_872,
    "resnet18": 11_689_512,
    "resnet20": 272_474,
    "resnet50": 25_557_032,
    # in each block of c channels a dense layer from c to c/16 and one back
    "se-resnet20": 272_474 + 3 * sum(2 * c * (c // 16) + c // 16 + c for c in (16, 32, 64)),
    "squeezenet": 1_235_496,
    # pairs of 3×3 convolutions, a 2×2 one at each step up, a 1×1 one at the end
    "unet": sum(9 * (a * b + b * b) + 2 * b for a, b in [(1, 16), (16, 32), (32, 64), (64, 128), (128, 64), (64, 32), (32, 16)])
    + sum(4 * 2 * b * b + b for b in (64, 32, 16))
    + 17,
}
each_network = pytest.mark.parametrize("name", CONFIGS)
#: Small images that all of a network's halvings leave something of.
SMALL = {name: 16 if "20" in name or name == "unet" else 64 for name in CONFIGS}


def small(name: str) -> list[str]:
    """Overrides that make the images small, and few."""
    channels = 1 if name == "unet" else 3
    shape = f"data.dataset.random.shape=[{channels},{SMALL[name]},{SMALL[name]}]"
    target = [f"data.dataset.random.target=[1,{SMALL[name]},{SMALL[name]}]"] if name == "unet" else []
    return [shape, *target, "data.dataset.random.examples=20"]


def session_of(name: str, *overrides: str) -> Session:
    """The network, on small images."""
    return prepare(load(CONFIGS[name], [*small(name), *overrides]))


def test_every_network_has_its_number() -> None:
    assert set(PARAMETERS) == set(CONFIGS)


@each_network
def test_parameters(name: str) -> None:
    session = session_of(name)
    count = sum(node.type.size for node in session.model.parameters)
    assert count == PARAMETERS[name]
    head = CONFIGS[name].read_text(encoding="utf-8").split("name:")[0]
    assert f"{count:,} parameters" in " ".join(head.split())
    assert session.loaded.config.name == name


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if "20" in name else pytest.mark.slow) for name in CONFIGS])
def test_it_opens(name: str) -> None:
    """As it is written: in the terminal, and as a table whose totals are the network's."""
    assert "forward ▼" in succeed("inspect-graph", CONFIGS[name]).output
    table = succeed("inspect-graph", CONFIGS[name], "--format", "table").output
    assert re.search(rf"^total +{PARAMETERS[name]:,} ", table, re.MULTILINE)


@pytest.mark.slow
@each_network
def test_derivatives(name: str) -> None:
    """Of eight parameters against differences and the complex step; of all at once, forward against reverse mode."""
    session = prepare(load(CONFIGS[name], small(name)), "float64")
    objective, parameters = session.model.training.objective, session.model.parameters
    derivatives = gradients([objective], parameters)
    tangents = [placeholder("tangent", parameter.type) for parameter in parameters]
    (moved,) = jvp([objective], parameters, tangents)
    assert moved is not None
    graph = Graph({"objective": objective, "moved": moved, **{str(n): each for n, each in enumerate(derivatives)}})
    feeds = {label: values[:3].astype(graph.placeholders[label].type.dtype) for label, values in session.train_data.items()}
    leaves = leaf_values(Graph({"objective": objective}), session.initial_state(), feeds)
    generator = np.random.default_rng(0)
    directions = [generator.normal(size=parameter.shape) for parameter in parameters]
    found, *by_reverse = values_of([moved, *derivatives], leaves | dict(zip(tangents, directions, strict=True)))
    terms = [np.asarray(value * direction) for value, direction in zip(by_reverse, directions, strict=True)]
    size = np.sqrt(sum(float((term**2).sum()) for term in terms))
    assert found.item() == pytest.approx(sum(float(term.sum()) for term in terms), rel=0, abs=1e-9 * size)

    chosen = parameters[:: -(-len(parameters) // 8)]
    settings = CheckSettings(every=1, sampled=1, projections=1, second_order=False)
    checks = check_graph(objective, chosen, leaves, values_of, settings)
    assert {check.kind for check in checks} >= {"reverse", "complex", "forward"}
    assert [check for check in checks if check.verdict == "fail"] == []


def learns(name: str, executor: str) -> None:
    """The step is a right graph, and lowers the loss of the same few examples."""
    session = session_of(name, f"executor={executor}", "train.optimizer={adam: 0.001}", "train.schedule=constant")
    verify(session.step)
    verify(session.optimized_step)
    program, state = session.executor.compile(session.optimized_step), session.initial_state()
    data = session.data.train
    feeds = {"input": data.inputs[:4], "target": data.targets[:4]}
    losses = [program.run(state, feeds)["loss"].item() for _ in range(6)]
    assert np.isfinite(losses).all()
    assert min(losses[-2:]) < 0.97 * losses[0]


@pytest.mark.slow
@each_network
def test_it_learns(name: str) -> None:
    learns(name, "numpy")


@pytest.mark.slow
def test_resnet20_learns_in_native_code() -> None:
    learns("resnet20", "llvm")


def test_the_readme_shows_the_file_of_resnet20() -> None:
    text = CONFIGS["resnet20"].read_text(encoding="utf-8")
    assert f"```yaml\n{text[text.index('name: ') :]}```\n" in README.read_text(encoding="utf-8")


def test_the_readme_tells_each_network_and_its_parameters() -> None:
    rows = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    for name, count in PARAMETERS.items():
        assert any(f"`{name}`" in row and f"{count:,}" in row for row in rows), name

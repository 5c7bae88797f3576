"""Operations and layers of the user's own: the examples of docs/plugins.md, and files that are wrong."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.runs import call, config_of, document, refused, succeed, tensors_of

from netcli.config.load import load
from netcli.config.plugins import load_plugins
from netcli.layers.layer import LAYERS

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
OPERATION = (EXAMPLES / "swish.py").read_text()
#: Samples of its own, to be put behind its other methods.
SAMPLES = "\n    @classmethod\n    def samples(cls):\n        return {}\n"


@pytest.fixture
def swish(tmp_path: Path) -> Path:
    """A directory with the example and its config."""
    for name in ("swish.py", "iris-swish.yaml"):
        shutil.copy(EXAMPLES / name, tmp_path / name)
    return tmp_path / "iris-swish.yaml"


def plugin(tmp_path: Path, text: str, name: str = "mine.py") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


# --------------------------------------------------------------------------------------------------------- right ones


def test_the_wrong_swish_is_found_and_the_right_one_passes() -> None:
    result = call("gradcheck", "--plugin", EXAMPLES / "swish_wrong.py", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {check["name"] for check in found["checks"]} == {"swish"}
    assert {check["kind"] for check in found["checks"] if check["verdict"] == "fail"} == {"reverse", "complex"}
    (fault,) = found["faults"]
    assert (fault["operation"], fault["rule"], fault["layer"]) == ("swish", "both", None)
    found = document("gradcheck", "--plugin", EXAMPLES / "swish.py")
    assert {check["kind"] for check in found["checks"]} >= {"reverse", "complex", "forward", "second complex"}
    assert found["faults"] == []


def test_the_wrong_line_of_a_config_is_named(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "swish_wrong.py", tmp_path / "swish.py")
    shutil.copy(EXAMPLES / "iris-swish.yaml", tmp_path / "iris.yaml")
    result = call("gradcheck", tmp_path / "iris.yaml")
    assert result.exit_code == 1
    assert "iris.yaml:7:7: error: the derivative, vjp and jvp alike, of swish of layer swish1 is wrong" in result.stdout
    assert "    7 |     - swish\n" in result.stdout


def test_the_exercise_is_right() -> None:
    found = document("gradcheck", "--plugin", EXAMPLES / "my_maxpool.py")
    assert {check["verdict"] for check in found["checks"]} == {"pass"}


def test_a_slip_in_the_exercise_is_found(tmp_path: Path) -> None:
    """The cotangent of a window goes to all maxima of its rows."""
    text = (EXAMPLES / "my_maxpool.py").read_text()
    wrong = text.replace("first_maximum(in_windows(x), -1) * first_maximum(rows, -3)", "first_maximum(in_windows(x), -1)")
    assert wrong != text
    result = call("gradcheck", "--plugin", plugin(tmp_path, wrong))
    assert result.exit_code == 1
    assert "of my_max_pool is wrong for input 0" in result.stdout


def test_errors_planted_into_it_are_caught() -> None:
    found = document("gradcheck", "--self-test", "--plugin", EXAMPLES / "swish.py")
    assert found["passed"] is True
    assert {each["verdict"] for each in found["planted"]} == {"caught"}
    assert {each["error"] for each in found["planted"]} == {
        "× 1.01", "one element", "dropped term", "added term", "transposed", "forward × 1.01", "second order",
    }  # fmt: skip


def test_a_self_test_tells_what_the_settings_miss() -> None:
    result = call("gradcheck", "--self-test", "--first-order", "--plugin", EXAMPLES / "swish.py")
    assert result.exit_code == 1
    assert "missed: swish(float64[n,7]), second order, input 0" in result.stdout
    assert "error: 2 planted errors were missed" in result.stderr


def test_both_executors_train_it_alike(swish: Path, tmp_path: Path) -> None:
    weights = []
    for name in ("numpy", "llvm"):
        succeed("train", swish, "train.epochs=2", "--executor", name, "--run-dir", tmp_path / name, "--quiet")
        weights.append(tensors_of(tmp_path / name / "checkpoints" / "last.safetensors"))
    for label, value in weights[0].items():
        np.testing.assert_allclose(weights[1][label], value, rtol=1e-3, atol=1e-5, err_msg=label)


def test_changed_code_is_compiled_anew(swish: Path, tmp_path: Path) -> None:
    """An operation of the same name and attributes, with another forward: code of the first one would train another network."""
    losses = []
    for number, function in enumerate(("x / (1 + xp.exp(-x))", "x * 0.5")):
        swish.with_name("swish.py").write_text(OPERATION.replace("x / (1 + xp.exp(-x))", function))
        for name in ("numpy", "llvm"):
            run = tmp_path / f"{name}{number}"
            found = document("train", swish, "train.epochs=1", "--executor", name, "--run-dir", run)
            losses.append(found["train"]["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert losses[2] == pytest.approx(losses[3], rel=1e-3)
    assert losses[0] != pytest.approx(losses[2], rel=1e-2)


def test_a_run_keeps_the_path_and_goes_on_with_the_same_file_alone(swish: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    succeed("train", swish, "train.epochs=1", "--run-dir", run, "--quiet", "--executor", "numpy")
    assert f"plugins: [{swish.with_name('swish.py').resolve()}]" in (run / "config.yaml").read_text()
    assert document("evaluate", run)["examples"] == 30
    succeed("train", "--resume", run, "train.epochs=2", "--quiet")
    file = swish.with_name("swish.py")
    file.write_text(OPERATION + "\n# changed\n")
    message = refused("train", "--resume", run, "train.epochs=3")
    assert f"was trained with another plugin: {file.resolve()} has changed" in message
    assert document("evaluate", run)["examples"] == 30
    file.unlink()
    assert f"there is no plugin {file.resolve()}" in refused("train", "--resume", run, "train.epochs=3")


def test_layers_are_known_to_the_config_that_names_them_alone(swish: Path, tmp_path: Path) -> None:
    assert load(swish).config.model.layers[1].word == "swish"
    assert "swish" in LAYERS.members
    other = config_of(tmp_path, swish.read_text().replace("plugins: [swish.py]\n", ""), "without")
    assert 'without.yaml:6:7: error: unknown layer "swish"' in refused("train", other)
    assert "swish" not in LAYERS.members


def test_a_plugin_of_the_command_line_goes_with_a_config(tmp_path: Path) -> None:
    text = (EXAMPLES / "iris-swish.yaml").read_text().replace("plugins: [swish.py]\n", "")
    config = config_of(tmp_path, text, "without")
    assert document("gradcheck", config, "--plugin", EXAMPLES / "swish.py")["passed"] is True
    overrides = [f"plugins=[{EXAMPLES / 'swish.py'}]"]
    assert load(config, overrides).config.plugins == [str(EXAMPLES / "swish.py")]


def test_the_same_file_is_run_once(tmp_path: Path) -> None:
    path = plugin(tmp_path, OPERATION)
    once, twice = (load_plugins([(path, None), (path, None)]) for _ in range(2))
    assert once == twice
    assert len(once) == 1


def test_the_page_shows_what_the_files_have() -> None:
    """Each line of Python or YAML on the page stands in one of the examples; only what is left to the student does not."""
    page = (EXAMPLES.parent / "plugins.md").read_text()
    written = {line.strip() for file in EXAMPLES.iterdir() if file.is_file() for line in file.read_text().splitlines()}
    blocks = re.findall(r"^```(?:python|yaml)\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    shown = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    assert len(shown) > 40
    assert [line for line in shown if line not in written] == [
        "def vjp(self, node, g): ...",
        "def jvp(self, node, tangents): ...",
    ]


# --------------------------------------------------------------------------------------------------------- wrong ones

HEAD = "from dataclasses import dataclass\nfrom netcli.graph import Op\nfrom netcli.layers.layer import Layer\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = (\n", "mine.py:1:5: error: the plugin is not valid Python: '(' was never closed"),
        ("x = 1\n\ny = x / 0\n", "mine.py:3:5: error: the plugin fails when it is loaded: ZeroDivisionError: division by zero"),
        ("def f():\n    return [][1]\n\nf()\n", "mine.py:2:12: error: the plugin fails when it is loaded: IndexError"),
        ("import nowhere_at_all\n", "mine.py:1:1: error: the plugin fails when it is loaded: ModuleNotFoundError"),
        ("import sys\nsys.exit(3)\n", "mine.py:2:1: error: the plugin fails when it is loaded: SystemExit: 3"),
        ("\xff".encode("latin-1").decode("latin-1") + "\x00", "the plugin is not valid Python"),
        ("", "mine.py:1:1: error: mine.py defines no operation and no layer"),
        (HEAD, "mine.py:1:1: error: mine.py defines no operation and no layer"),
        (OPERATION.replace("Swish(Unary)", "Tanh(Unary)"), 'the operation "tanh" has a name that is taken: netcli has one'),
        (OPERATION.replace('"swish"', '"relu"'), 'the layer "relu" has a name that is taken: netcli has one'),
        (OPERATION.replace('    word = "swish"\n', ""), "error: the layer SwishLayer has no word, its name in YAML"),
        (
            OPERATION.replace('    word = "swish"', '    word = "swish2"'),
            'error: a layer cannot be called "swish2": that ends in a digit',
        ),
        (OPERATION.replace("def derivative", "def derived"), "mine.py:12:1: error: Swish is not whole: it has no derivative"),
        (OPERATION.replace("@dataclass(frozen=True)\n", ""), "the operation Swish must be a frozen dataclass"),
        (OPERATION.replace("frozen=True", ""), "the operation Swish must be a frozen dataclass"),
        (
            OPERATION + 'class Other(SwishLayer):\n    word = "swish"\n',
            'the layer "swish" has a name that is taken: SwishLayer',
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(
    text: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plugin(tmp_path, text)
    message = refused("gradcheck", "--plugin", "mine.py")
    assert expected in message
    assert re.search(r"mine\.py:\d+:\d+: error: ", message)


def test_what_cannot_be_read_is_told_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (EXAMPLES / "iris-swish.yaml").read_text()
    config_of(tmp_path, text)
    assert "small.yaml:2:11: error: there is no plugin swish.py\n    2 | plugins: [swish.py]" in refused("train", "small.yaml")
    config_of(tmp_path, text.replace("swish.py", "swish.so"))
    assert "the plugin swish.so is not a Python file" in refused("train", "small.yaml")
    (tmp_path / "swish.py").mkdir()
    config_of(tmp_path, text)
    assert "the plugin swish.py cannot be read: Is a directory" in refused("train", "small.yaml")
    config_of(tmp_path, text.replace("[swish.py]", "swish.py"))
    assert "plugins: expected a list, found" in refused("train", "small.yaml")
    config_of(tmp_path, text.replace("[swish.py]", "[3]"))
    assert "expected a text" in refused("train", "small.yaml")
    assert "there is no plugin nothing.py" in refused("gradcheck", "--plugin", "nothing.py")


def test_names_that_two_plugins_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one, two = plugin(tmp_path, OPERATION, "one.py"), plugin(tmp_path, OPERATION + "# other\n", "two.py")
    message = refused("gradcheck", "--plugin", one, "--plugin", two)
    assert 'two.py:12:1: error: the operation "swish" has a name that is taken: one.py has one' in message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "return x / (1 + xp.exp(-x))",
            "return x / (1 + xp.expp(-x))",
            "mine.py:17:25: error: the plugin fails: AttributeError",
        ),
        ("s = sigmoid(x)", "s = sigmoid(x) + 'one'", "mine.py:21:13: error: the plugin fails: ValueError: could not"),
        (
            "\n\nclass SwishLayer",
            SAMPLES.format("1 / 0") + "\n\nclass SwishLayer",
            "mine.py:26:16: error: the plugin fails: ZeroDivisionError",
        ),
    ],
)
def test_an_error_within_the_plugin_names_its_line(
    old: str, new: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert old in OPERATION
    plugin(tmp_path, OPERATION.replace(old, new))
    result = call("gradcheck", "--plugin", "mine.py")
    assert result.exit_code == 2
    assert expected in result.stderr


def test_an_error_within_the_plugin_while_training_names_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plugin(tmp_path, OPERATION.replace("xp.exp(-x)", "xp.exp(-x)[:, :3]"), "swish.py")
    config_of(tmp_path, (EXAMPLES / "iris-swish.yaml").read_text())
    result = call("train", "small.yaml", "--executor", "numpy")
    assert result.exit_code == 2
    assert "swish.py:17:16: error: the plugin fails: ValueError: operands could not be broadcast" in result.stderr


def test_llvm_says_what_it_cannot_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that lanes do not have; an operation that does not work element by element."""
    monkeypatch.chdir(tmp_path)
    plugin(tmp_path, OPERATION.replace("x / (1 + xp.exp(-x))", "xp.arcsinh(x)"), "swish.py")
    config_of(tmp_path, (EXAMPLES / "iris-swish.yaml").read_text())
    result = call("train", "small.yaml", "--executor", "llvm")
    assert result.exit_code == 2
    assert "the llvm executor cannot run the forward of <swish float32[n,16] of swish1>" in result.stderr
    assert "arcsinh" in result.stderr
    assert "--executor numpy runs it" in result.stderr
    assert "swish.py:17:16: error: " in result.stderr
    shutil.copy(EXAMPLES / "my_maxpool.py", tmp_path)
    stack = "[my_maxpool, flatten, {dense: 10}, softmax, cross_entropy]"
    config_of(tmp_path, f"plugins: [my_maxpool.py]\ndata: {{dataset: digits}}\nmodel: {{layers: {stack}}}\n", "pool")
    message = refused("train", "pool.yaml", "--executor", "llvm")
    assert "the llvm executor has no code for my_maxpool1/my_max_pool" in message
    succeed("train", "pool.yaml", "train.epochs=1", "--executor", "numpy", "--quiet")


def test_options_that_do_not_go_together(tmp_path: Path) -> None:
    assert "--self-test does not go with a CONFIG" in refused("gradcheck", config_of(tmp_path), "--self-test")
    assert "--self-test does not go with --executor" in refused("gradcheck", "--self-test", "--executor", "numpy")
    layer = "\n".join(OPERATION[OPERATION.index("class SwishLayer") :].splitlines())
    only = "from netcli.layers.layer import Layer\nfrom netcli.ops import sigmoid\n\n\n" + layer
    message = refused("gradcheck", "--plugin", plugin(tmp_path, only))
    assert "the plugin has no operation to check, only layers" in message
    none = OPERATION.replace("\n\nclass SwishLayer", SAMPLES.format("[]") + "\n\nclass SwishLayer")
    assert "Swish has no samples" in refused("gradcheck", "--plugin", plugin(tmp_path, none))

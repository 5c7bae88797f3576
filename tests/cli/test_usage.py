"""Requests that are wrong as such: words, options, arguments; and the commands that only tell."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support.runs import IRIS, config_of, netcli, refused, succeed

from netcli import __version__


def test_version() -> None:
    assert succeed("--version").stdout == f"netcli {__version__}\n"


def test_as_a_module() -> None:
    done = netcli("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"netcli {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("trian x.yaml", "No such command 'trian'. Did you mean 'train'?"),
        ("Train x.yaml", "No such command 'Train'. Did you mean 'train'?"),
        ("inspect x.yaml", "No such command 'inspect'."),
        ("train small.yaml --epochs 3", "No such option: --epochs"),
        ("train small.yaml --seeds 3", "No such option: --seeds (Possible options: --seed, --threads)"),
        ("train small.yaml --threads 0", "'--threads': "),
        ("train small.yaml --threads -1", "'--threads': "),
        ("train small.yaml --threads many", "'--threads': "),
        ("train small.yaml --seed 1.5", "'--seed': "),
        ("train small.yaml --run-dir", "'--run-dir' requires an argument"),
        ("train --resume", "'--resume' requires an argument"),
        ("train small.yaml --resume", "'--resume' requires an argument"),
        ("train", "give a CONFIG to train, or --resume RUN to go on"),
        ("train small.yaml --resume run", "give a CONFIG to train, or --resume RUN to go on"),
        ("train --resume run --run-dir other", "--run-dir does not go with --resume"),
        ("train --resume nowhere", "nowhere is not a directory"),
        ("train --resume nowhere train.epochs=3", "nowhere is not a directory"),
        ("train smal.yaml", 'there is no file smal.yaml\n  did you mean "small.yaml"?'),
        ("train .", ". is a directory; expected a YAML file"),
        ("train small.yaml/x", "small.yaml/x"),
        ("train small.yaml train.epochs", '"train.epochs" is not an override\n  write KEY=VALUE, as in train.epochs=3'),
        ("train small.yaml other.yaml", '"other.yaml" is not an override'),
        ("train small.yaml =3", 'the override "=3" has an empty key'),
        ("train small.yaml train.epochs=", 'the override "train.epochs=" has no value'),
        ("train small.yaml train.epoch=3", 'argument train.epoch=3:1:7: error: unknown key "epoch" in train'),
        ("train small.yaml train.epochs=three", "argument train.epochs=three:1:14: error: epochs: expected a whole number"),
        ("train small.yaml train.epochs=0", "argument train.epochs=0:1:14: error: "),
        ("train small.yaml model.layers.9.dense=3", '"9" is not the index of an entry of model.layers'),
        ("train small.yaml --seed -1", "argument seed=-1:1:6: error: seed: expected a number of at least 0, found -1"),
        ("train small.yaml --executor numpi", 'unknown executor "numpi"'),
        ("train small.yaml --executor {a", 'argument executor={a:1:10: error: this "{" is not closed'),
        ("evaluate", "Missing argument 'RUN'"),
        ("evaluate nowhere", "nowhere is not a directory"),
        ("evaluate small.yaml", "small.yaml is not a directory\n  give a run directory"),
        ("evaluate run --split all", "'--split': "),
        ("evaluate run --checkpoint worst", "'--checkpoint': "),
        ("predict run", "Missing argument 'FILE"),
        ("predict run x.npy --top 0", "'--top': "),
        ("gradcheck nothing.yaml", "there is no file nothing.yaml"),
        ("gradcheck small.yaml --examples 0", "'--examples': "),
        ("gradcheck small.yaml --executor llvn", 'unknown executor "llvn"\n  did you mean "llvm"?'),
        ("gradcheck --executor numpy --sampled 9", "--sampled does not go with --executor"),
        ("gradcheck small.yaml --executor numpy --second-order", "--second-order does not go with --executor"),
        ("gradcheck small.yaml --executor numpy --first-order", "--first-order does not go with --executor"),
        ("explain small.yaml", "Missing option '--parameter'"),
        ("explain smal.yaml -p dense1/bias", 'there is no file smal.yaml\n  did you mean "small.yaml"?'),
        ("explain . -p dense1/bias", ". is not a run directory: it has no config.yaml"),
        ("explain small.yaml -p dense1/wieght[0,0]", 'unknown parameter "dense1/wieght"\n  did you mean "dense1/weight"?'),
        ("explain small.yaml -p dense1/weight[0]", '"dense1/weight[0]" has 1 index, expected 2\n  dense1/weight is 4×8: '),
        ("explain small.yaml -p dense1/weight[0,8]", "out of range\n  dense1/weight is 4×8: index 2 runs from 0 to 7"),
        ("explain small.yaml -p dense1/bias[0] --examples 0", "'--examples': "),
        ("explain small.yaml -p dense1/bias[0] --executor llvn", 'unknown executor "llvn"\n'),
        ("explain small.yaml -p dense1/bias[0] train.epoch=3", 'unknown key "epoch" in train'),
        ("diff small.yaml", "Missing argument 'AFTER'"),
        ("diff small.yaml smal.yaml", 'there is no file smal.yaml\n  did you mean "small.yaml"?'),
        ("diff . small.yaml", ". is not a run directory: it has no config.yaml"),
        ("inspect-graph small.yaml --format gif", "'--format': "),
        ("inspect-graph small.yaml --format tensorboard", "writes into a log directory\n  give one: --out DIRECTORY"),
        ("inspect-graph small.yaml --format tensorboard --out small.yaml", "cannot write small.yaml: File exists"),
        ("inspect-graph small.yaml --out graph.svg", "--format picture does not go with graph.svg\n  give --format svg"),
        ("inspect-graph small.yaml --format svg --out nowhere/graph.svg", "cannot write nowhere/graph.svg: No such file"),
        ("layers cnov", 'unknown layer "cnov"\n  did you mean "conv"?'),
        ("layers Dense", 'unknown layer "Dense"\n  did you mean "dense"?'),
        ("layers lstm", 'unknown layer "lstm"\n  there are: add, again, avgpool, batchnorm, '),
        ("schema conv", "Got unexpected extra argument"),
        ("init small.yaml", "small.yaml is already there"),
        ("init no/such/folder/x.yaml", "cannot write no/such/folder/x.yaml"),
    ],
    ids=lambda value: value.replace(" ", "_") if isinstance(value, str) else None,
)
def test_wrong_requests(arguments: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config_of(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert said in refused(*arguments.split())
    assert not (tmp_path / "runs").exists()


def test_an_executor_in_the_file(tmp_path: Path) -> None:
    config = config_of(tmp_path, IRIS.replace("model:", "executor: numpi\nmodel:"))
    expected = f'{config}:2:1: error: unknown executor "numpi"\n    2 | executor: numpi\n      | ^\n  did you mean "numpy"?\n'
    assert refused("train", config) == expected
    assert refused("gradcheck", config) == expected
    succeed("train", config, "--executor", "numpy", "--run-dir", tmp_path / "run", "-q")


def test_threads_need_a_process_of_their_own(tmp_path: Path) -> None:
    assert "must be set before numpy is loaded" in refused("train", config_of(tmp_path), "--threads", 1)


def test_threads(tmp_path: Path) -> None:
    """The library of matrices that numpy is built with gets the limit before it is loaded."""
    watch = "import os, atexit; atexit.register(lambda: print(os.environ.get('OPENBLAS_NUM_THREADS')))\n"
    (tmp_path / "sitecustomize.py").write_text(watch)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = netcli("train", config_of(tmp_path), "--threads", 1, "--run-dir", tmp_path / "run", "-q", env=environment)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1")


def test_options_may_stand_anywhere(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    for number, arguments in enumerate(
        (["-q", config, "train.epochs=1"], [config, "-q", "train.epochs=1"], [config, "train.epochs=1", "-q", "seed=4"])
    ):
        succeed("train", "--run-dir", tmp_path / str(number), *arguments)
        assert "epochs: 1\n" in (tmp_path / str(number) / "config.yaml").read_text()


def test_the_last_override_wins(tmp_path: Path) -> None:
    succeed("train", config_of(tmp_path), "train.epochs=7", "train.epochs=1", "--run-dir", tmp_path / "run", "-q")
    assert "epochs: 1\n" in (tmp_path / "run" / "config.yaml").read_text()


def test_init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert succeed("init").stdout == "wrote netcli.yaml and netcli.schema.json; now: netcli train netcli.yaml\n"
    first, *_ = (tmp_path / "netcli.yaml").read_text().splitlines()
    assert first == "# yaml-language-server: $schema=netcli.schema.json"
    assert (tmp_path / "netcli.schema.json").read_text() == succeed("schema").stdout
    result = succeed("train", "netcli.yaml", "train.epochs=1", "-q")
    assert "runs/my-network/001" in result.stdout
    before = (tmp_path / "netcli.yaml").read_bytes()
    assert "netcli.yaml is already there" in refused("init")
    assert (tmp_path / "netcli.yaml").read_bytes() == before


def test_a_page_for_each_layer() -> None:
    from netcli.layers.layer import LAYERS

    table = succeed("layers").stdout
    for name in LAYERS.members:
        assert f"\n{name} " in table
        page = succeed("layers", name).stdout
        assert "in YAML" in page
        assert f"- {name}" in page


def test_nothing_is_imported_from_the_working_directory(tmp_path: Path) -> None:
    """A file called numpy.py beside a config is not run: `netcli` is a script, not `python -m`."""
    (tmp_path / "numpy.py").write_text("raise SystemExit('imported from the working directory')\n")
    import subprocess

    script = Path(sys.executable).with_name("netcli")
    if not script.exists():
        pytest.skip("the netcli script is not installed beside this Python")
    done = subprocess.run(
        [script, "train", config_of(tmp_path), "-q"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

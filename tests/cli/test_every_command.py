"""What holds for every command: help, success, one JSON document, refusals that leave stdout alone, a page that shows it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.cases import COMMAND_CASES
from support.members import CommandCase, Workplace
from support.runs import call, config_of, refused, succeed

ROOT = Path(__file__).parents[2]
every_command = pytest.mark.parametrize(
    ("name", "case"), [(name.replace("_", "-"), case) for name, case in COMMAND_CASES.items()], ids=list(COMMAND_CASES)
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the config of iris, a run of it, and a file of inputs."""
    folder = tmp_path_factory.mktemp("trained")
    succeed("train", config_of(folder), "--run-dir", folder / "run", "-q")
    np.save(folder / "inputs.npy", np.ones((2, 4)))
    return folder


@pytest.fixture
def place(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """What commands are tried on; the working directory is another empty folder."""
    (tmp_path / "here").mkdir()
    (tmp_path / "written").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return Workplace(trained / "small.yaml", trained / "run", trained / "inputs.npy", tmp_path / "written")


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]], ids=str)
def test_help_lists_the_commands(arguments: list[str]) -> None:
    result = call(*arguments)
    assert result.exit_code == (0 if arguments else 2)
    listed = [line.split()[0] for line in result.output.split("Commands:")[1].splitlines() if line.strip()]
    assert {name.replace("_", "-") for name in COMMAND_CASES} <= set(listed)
    assert max(map(len, result.output.splitlines())) <= 80


@every_command
def test_help(name: str, case: CommandCase) -> None:
    result = succeed(name, "-h")
    assert f"netcli {name}" in result.output or f" {name} " in result.output
    assert ("--json" in result.output) == (case.keys is not None)
    assert max(map(len, result.output.splitlines())) <= 80
    assert "\x1b" not in result.output


@every_command
def test_it_succeeds_and_writes_where_it_was_told_to(name: str, case: CommandCase, place: Workplace) -> None:
    before = files(place.config.parent)
    assert succeed(name, *case.arguments(place)).stdout
    assert files(place.config.parent) == before
    assert not files(Path.cwd())


@every_command
def test_json_is_one_document_with_these_keys(name: str, case: CommandCase, place: Workplace) -> None:
    if case.keys is None:
        assert "No such option: --json" in refused(name, *case.arguments(place), "--json")
        return
    result = succeed(name, *case.arguments(place), "--json")
    assert list(json.loads(result.stdout)) == list(case.keys)


@every_command
def test_refusals(name: str, case: CommandCase, place: Workplace) -> None:
    """Exit code 2, a message that says what is wrong, nothing on stdout; as JSON too."""
    assert case.refused, "every command refuses something"
    for arguments, said in {**case.refused, "--no-such-option": "No such option"}.items():
        for form in [[], ["--json"]] if case.keys is not None else [[]]:
            assert said in " ".join(refused(name, *arguments.split(), *form).split()), arguments


@every_command
def test_a_document_shows_it(name: str, case: CommandCase) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert any(f"netcli {name}" in page.read_text(encoding="utf-8") for page in pages), f"no page shows `netcli {name}`"

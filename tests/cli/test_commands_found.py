"""Commands are found by their files, and stand in the help in the order of what they are for."""

from __future__ import annotations

import pytest
from support.runs import call

from netcli.cli.command import Group, command, commands


def test_the_help_lists_the_commands_by_group_then_by_name() -> None:
    found = commands("netcli.cli")
    places = [(list(Group).index(each.group), each.name) for each in found]
    assert places == sorted(places)
    assert {each.group for each in found} == set(Group)
    listed = [line.split()[0] for line in call("--help").output.split("Commands:")[1].splitlines() if line.strip()]
    assert listed == [each.name for each in found]
    assert listed[0] == "train"


def test_a_command_is_called_as_its_file() -> None:
    def trian() -> None: ...

    trian.__module__ = "netcli.cli.train"
    with pytest.raises(TypeError, match=r"netcli\.cli\.train: the command must be called train, as its file; found trian"):
        command(Group.TRAIN)(trian)

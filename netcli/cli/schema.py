"""`netcli schema`."""

from __future__ import annotations

from netcli.cli.command import Group, command
from netcli.cli.running import ConfigOption, print_json, with_config


@command(Group.WRITE)
def schema(config: ConfigOption = None) -> None:
    """Print the JSON Schema of a config.

    Editors complete and check YAML by it while it is written; netcli init puts it beside a new config. With --config it knows
    the blocks of that config and the layers of its plugins, too.
    """
    with_config(config)
    from netcli.config.schema import schema as config_schema  # noqa: PLC0415 - heavy

    print_json(config_schema())

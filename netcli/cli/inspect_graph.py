"""`netcli inspect-graph`."""


def inspect_graph() -> None:
    """Show the graph."""

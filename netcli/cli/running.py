"""What every command does alike: errors to exit codes, results to stdout, messages to stderr."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, ParamSpec

import typer

from netcli.errors import ExecutorError, GraphError, NetcliError, PluginError, UsageError

if TYPE_CHECKING:
    from netcli.errors import Place
    from netcli.report.terminal import Output

P = ParamSpec("P")

ConfigArgument = Annotated[Path, typer.Argument(metavar="CONFIG", help="The YAML file.", show_default=False)]
SourceArgument = Annotated[
    Path, typer.Argument(metavar="CONFIG|RUN", help="The YAML file, or a run directory.", show_default=False)
]
OverridesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Settings to change, such as train.epochs=3.", show_default=False),
]
RunArgument = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run directory, such as runs/digits-cnn/001.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else there.")]
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", min=1, help="Threads to compute with; by default all cores.", show_default=False)
]
DepthOption = Annotated[
    int | None,
    typer.Option(
        "--depth",
        min=1,
        help="How deep layers in layers are shown; what is deeper is added to the layer around it. By default as deep as there "
        "is room for.",
        show_default=False,
    ),
]
ExecutorOption = Annotated[str | None, typer.Option("--executor", help="What runs the computation.", show_default=False)]


ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="CONFIG", help="A YAML file with blocks or plugins.", show_default=False)
]


def with_config(path: Path | None) -> None:
    """Read a config, so that its blocks and the layers of its plugins are known; none but netcli's own are without one.

    Raises ConfigError and PluginError.
    """
    if path is not None:
        from netcli.config.load import load  # noqa: PLC0415 - heavy

        load(path)
    else:
        from netcli.config.model import use_layers  # noqa: PLC0415

        use_layers({})


def with_executor(overrides: list[str] | None, executor: str | None) -> list[str]:
    """The overrides, and the executor as one of them if it is given as an option."""
    return [*(overrides or []), *([f"executor={executor}"] if executor is not None else [])]


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """The command, with errors shown for people: their text on stderr, their exit code; a closed pipe ends it quietly.

    What the operating system refuses, such as more memory or room on a disk, is no bug of netcli and needs no traceback.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except NetcliError as error:
            if isinstance(error, GraphError | ExecutorError) and error.place is None:
                error.place = _line_of_plugin(error)
            _end(error)
        except BrokenPipeError:
            _leave_output()
            sys.exit(141)  # as a shell reports a process that SIGPIPE ended
        except OSError as error:
            _leave_output()
            _end(NetcliError(f"{error.filename or 'the output'}: {error.strerror or error}"))
        except MemoryError as error:
            hint = "less is needed with smaller layers, a smaller data.batch_size, or less data"
            _end(NetcliError(f"there is not enough memory: {error}".rstrip(": "), hint=hint))
        except KeyboardInterrupt:
            messages().line("interrupted")
            sys.exit(130)
        except Exception as error:
            place = _line_of_plugin(error)
            if place is None:
                raise
            _end(PluginError(f"the plugin fails: {' '.join(f'{type(error).__name__}: {error}'.split())}", place=place))

    return run


def _line_of_plugin(error: Exception) -> Place | None:
    """Where in a plugin an error came up; None if it was not in one."""
    plugins = sys.modules.get("netcli.config.plugins")  # not there where no config was read
    return plugins.culprit(error) if plugins is not None else None


def _end(error: NetcliError) -> NoReturn:
    """Show the error and end the process; where even that cannot be written, the exit code alone tells."""
    with contextlib.suppress(OSError):
        messages().problem(error)
    sys.exit(error.exit_code)


def _leave_output() -> None:
    from netcli.report.terminal import leave  # noqa: PLC0415

    leave(sys.stdout)


def results() -> Output:
    """Where results go."""
    from netcli.report.terminal import Output  # noqa: PLC0415 - help needs no terminal

    return Output.of(sys.stdout)


def messages() -> Output:
    """Where everything else goes."""
    from netcli.report.terminal import Output  # noqa: PLC0415

    return Output.of(sys.stderr)


def tell(notes: Iterable[str]) -> None:
    """What a person should know beside the results."""
    for note in notes:
        messages().line(f"note: {note}", "warn")


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    from netcli.strict_json import dumps  # noqa: PLC0415

    sys.stdout.write(dumps(document, indent=2) + "\n")


@contextlib.contextmanager
def stdout_to(path: Path | None) -> Iterator[None]:
    """What is written to stdout inside goes to a file, if one is given; it is written at the end, when all went well.

    Raises UsageError where the file cannot be written.
    """
    if path is None:
        yield
        return
    content = io.BytesIO()
    stream = io.TextIOWrapper(content, encoding="utf-8", newline="\n", write_through=True)
    with contextlib.redirect_stdout(stream):
        yield
    with writing(path):
        path.write_bytes(content.getvalue())


def write(text: str, path: Path | None) -> None:
    """Write a document, as UTF-8: to a file if one is given, else to stdout. Raises UsageError where it cannot be written."""
    if path is not None:
        with writing(path):
            path.write_bytes(text.encode())
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises UsageError where the operating system refuses to write what the user named."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


def limit_threads(threads: int | None) -> None:
    """Limit the threads of the executors. numpy's matrix library reads its limit when numpy is imported. Raises UsageError."""
    if threads is None:
        return
    if "numpy" in sys.modules:
        raise UsageError("--threads must be set before numpy is loaded", hint="call netcli as a command of its own")
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS", "NETCLI_THREADS"):
        os.environ[variable] = str(threads)

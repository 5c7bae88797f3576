"""What will be trained, in the words and numbers of a person who is about to wait for it."""

from __future__ import annotations

from collections.abc import Mapping

from netcli.analysis.inspect.costs import layer_rows
from netcli.analysis.inspect.records import Header
from netcli.training.session import Session


def header(session: Session, run_dir: str) -> Header:
    """What will be trained."""
    config, data = session.loaded.config, session.data
    rows = layer_rows(session.model, session.step)
    facts = {"dataset": data.name, "training": f"{len(data.train):,} examples"}
    facts |= {
        name: f"{len(split):,}" for name, split in (("validation", data.validation), ("test", data.test)) if split is not None
    }
    facts["input"] = "×".join(map(str, data.input_shape))
    if data.classes is not None:
        facts["classes"] = str(len(data.classes))
    facts["batch"] = str(config.data.batch_size)
    return Header(
        name=config.name,
        config=str(session.loaded.path),
        layers=rows,
        data=facts,
        executor=session.executor.name,
        seed=config.seed,
        optimizer=_rule(session),
        run_dir=run_dir,
        parameters=sum(row.parameters for row in rows),
        flops_forward=sum(row.flops_forward for row in rows),
        flops_backward=sum(row.flops_backward for row in rows),
    )


def _rule(session: Session) -> str:
    """The optimizer, schedule and limits in words."""
    train = session.loaded.config.train
    parts = [_option(train.optimizer.word, train.optimizer.model_dump())]
    if train.schedule.word != "constant" or train.schedule.warmup_epochs:
        parts.append(_option(train.schedule.word, train.schedule.model_dump()))
    limits = {name: getattr(train, name) for name in ("clip_norm", "clip_value", "weight_decay", "l1") if getattr(train, name)}
    parts += [f"{name} {value:g}" for name, value in limits.items()]
    return ", ".join(parts)


def _option(word: str, settings: Mapping[str, object]) -> str:
    shown = [f"{name} {value:g}" if isinstance(value, float) else name for name, value in settings.items() if value]
    return f"{word} ({', '.join(shown)})" if shown else word

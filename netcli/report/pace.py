"""How fast training goes and how long it will still take."""

from __future__ import annotations

from dataclasses import dataclass, replace

from netcli.report.bar import Progress

#: Below this many seconds into an epoch its rate is mostly noise, and that of the epoch before is shown.
_SETTLING = 0.3


@dataclass(frozen=True)
class _Epoch:
    number: int
    of: int
    examples: int
    started: float
    done: int = 0
    loss: float | None = None

    @property
    def completed(self) -> float:
        """Epochs that are done, this one's part included."""
        return self.number - 1 + (min(self.done / self.examples, 1.0) if self.examples else 1.0)


class Pace:
    """Follows the epochs of one training. Times are seconds of any clock that does not go back.

    A drawing thread may read it meanwhile: its state is replaced as a whole.
    """

    def __init__(self) -> None:
        self._epoch: _Epoch | None = None
        self._first: _Epoch | None = None  # the first one of this process, which a resumed training starts late
        self._rate: float | None = None

    def start(self, epoch: int, epochs: int, examples: int, now: float) -> None:
        """An epoch over that many examples begins; epochs count from 1."""
        if self._epoch is not None and self._epoch.done:
            self._rate = _rate(self._epoch, now) or self._rate
        self._epoch = _Epoch(epoch, epochs, examples, now)
        self._first = self._first or self._epoch

    def advance(self, done: int, loss: float) -> None:
        """So many examples of the epoch are done."""
        assert self._epoch is not None, "no epoch has started"
        self._epoch = replace(self._epoch, done=done, loss=loss)

    def progress(self, now: float) -> Progress:
        """Where the epoch stands; the time left is that of the whole training, its pauses between epochs included."""
        epoch, first = self._epoch, self._first
        assert epoch is not None and first is not None, "no epoch has started"
        passed = epoch.completed - (first.number - 1)
        left = (now - first.started) / passed * (epoch.of - epoch.completed) if passed > 0 else None
        rate = _rate(epoch, now) if now - epoch.started >= _SETTLING else self._rate
        label = f"epoch {epoch.number:>{len(str(epoch.of))}}/{epoch.of}"
        return Progress(label, epoch.done, epoch.examples, epoch.loss, rate, left)


def _rate(epoch: _Epoch, now: float) -> float | None:
    return epoch.done / (now - epoch.started) if epoch.done and now > epoch.started else None

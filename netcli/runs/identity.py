"""What a run is of: with any of it changed, going on would not give what an unbroken run gives."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from netcli.datasets.dataset import Dataset, Split
from netcli.runs.signature import Signature


@dataclass(frozen=True)
class Change:
    """What is not as it was, in words, and what to do."""

    text: str
    hint: str


@dataclass(frozen=True)
class Identity:
    """The data by signature and by the digests of its splits, the plugins' digests by path, the seed, the steps of an epoch."""

    signature: Signature
    data: Mapping[str, str]
    plugins: Mapping[str, str]
    seed: int
    steps_per_epoch: int

    def change(self, now: Identity) -> Change | None:
        """The first thing that is `now` other than it was, or None."""
        if self.seed != now.seed:  # first: with another seed the data is split otherwise, too
            return Change(f"was trained with the seed {self.seed}, not {now.seed}", "train anew with another seed")
        difference = self.signature.difference(now.signature)
        if difference is not None:
            return Change(f"was trained on other data: {difference}", _BRING_BACK)
        for split in self.data.keys() | now.data.keys():
            if self.data.get(split) != now.data.get(split):
                return Change(f"was trained on other data: the {split} examples are not those it was trained with", _BRING_BACK)
        for path, digest in now.plugins.items():
            if digest not in self.plugins.values():
                return Change(f"was trained with another plugin: {path} has changed", "bring back that file, or train anew")
        if self.steps_per_epoch != now.steps_per_epoch:
            steps = f"was trained with {self.steps_per_epoch} steps an epoch, not {now.steps_per_epoch}"
            return Change(steps, "keep data.batch_size as it was, or train anew with another one")
        return None

    def to_json(self) -> str:
        """As JSON."""
        return _ADAPTER.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Identity:
        """From JSON. Raises pydantic.ValidationError."""
        return _ADAPTER.validate_json(text)


_BRING_BACK = "bring back the data it was trained on, or train anew"
_ADAPTER = TypeAdapter(Identity)


def data_digests(data: Dataset) -> dict[str, str]:
    """The SHA-256 of each split that there is: of its inputs and targets, their dtypes and shapes."""
    splits = {"training": data.train, "validation": data.validation, "test": data.test}
    return {name: _digest(split) for name, split in splits.items() if split is not None}


def _digest(split: Split) -> str:
    digest = hashlib.sha256()
    for array in (split.inputs, split.targets):
        digest.update(f"{array.dtype} {array.shape} ".encode())
        digest.update(array.data)
    return digest.hexdigest()

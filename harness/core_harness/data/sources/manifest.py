"""``sources.json`` in the data folder: what was fetched, from where, when, under which licence and digest."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from core_harness.errors import DataError
from core_harness.registry.entries import SourceEntry

NAME = "sources.json"

State = Literal["absent", "whole", "changed", "older", "own"]
"""``whole``: as it was fetched. ``changed``: fetched, and no longer the same. ``older``: fetched, of another
release than the registry names. ``own``: there, but not fetched by us."""


class Fetched(BaseModel):
    """A download as it came: its address, length in bytes and SHA-256 digest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    bytes: int
    sha256: str


class Record(BaseModel):
    """What is known of a file that was fetched; ``date`` is the UTC day, ``downloads`` what it is made of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    release: str
    licence: str
    date: str
    bytes: int
    sha256: str
    downloads: tuple[Fetched, ...]


class Manifest(BaseModel):
    """The whole of ``sources.json``; ``files`` by their path in the data folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    files: dict[str, Record] = {}


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a data folder, an empty one where nothing was fetched.

    Raises :class:`~core_harness.errors.DataError` for a file that cannot be read as one.
    """
    path = folder / NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Manifest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; check who may read it") from None
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise DataError(
            f"{path} is damaged ({where}: {fault['msg']}); delete it: files in the folder then count as "
            "your own, and absent ones can be pulled again"
        ) from None


def add_records(folder: Path, records: Mapping[str, Record]) -> None:
    """Write records into the manifest, all at once. Raises :class:`OSError` where that cannot be."""
    files = {**read_manifest(folder).files, **records}
    manifest = Manifest(files=dict(sorted(files.items())))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".incoming-") as scratch:
        new = Path(scratch, NAME)
        new.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        new.replace(folder / NAME)


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A file of a source and its state in the data folder; ``bytes`` is None where it is absent."""

    file: str
    state: State
    bytes: int | None
    record: Record | None


def holdings(folder: Path, source: SourceEntry) -> list[Holding]:
    """Return the states of a source's files in a data folder, by digest, in the order of the registry.

    Raises :class:`~core_harness.errors.DataError` where a file or the manifest cannot be read.
    """
    records = read_manifest(folder).files
    return [_holding(folder, file, source, records.get(file)) for file in source.files]


def sha256(path: Path) -> str:
    """Return the SHA-256 digest of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _holding(folder: Path, file: str, source: SourceEntry, record: Record | None) -> Holding:
    path = folder / file
    state: State
    try:
        size = path.stat().st_size
        if record is None:
            state = "own"
        elif size != record.bytes or sha256(path) != record.sha256:
            state = "changed"
        else:
            state = "whole" if record.release == source.release else "older"
    except FileNotFoundError:
        return Holding(file=file, state="absent", bytes=None, record=record)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror}; check what it is and who may read it"
        ) from None
    return Holding(file=file, state=state, bytes=size, record=record)

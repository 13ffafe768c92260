"""The manifest beside a table of labels: what it was made from and how, so that it can be made again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from core_harness.data.labels.request import LabelRequest
from core_harness.data.tables.reading import opening
from core_harness.errors import DataError
from core_harness.vocabulary import FoldChangeSpace


class Source(BaseModel):
    """A file that labels were made from; ``path`` is relative to the manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    sha256: str
    tool: str
    columns: Mapping[str, str]
    fold_change_space: FoldChangeSpace
    rows: int


class Counts(BaseModel):
    """What became of the rows.

    Attributes
    ----------
    labels, splits
        Rows of the table by label and by split.
    ambiguous
        Rows that got no label, by reason; ``absent`` counts pairs of a perturbation and a gene of its context
        that no file lists.
    left_out
        Other rows that are not in the table, by reason.
    contexts, perturbations, genes
        In the table.
    prevalence
        Share of changed rows in the table.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: Mapping[str, int]
    splits: Mapping[str, int]
    ambiguous: Mapping[str, int]
    left_out: Mapping[str, int]
    contexts: int
    perturbations: int
    genes: int
    prevalence: float


class Repeated(BaseModel):
    """The repeated experiment next to a table (:mod:`core_harness.data.labels.replicates`).

    Attributes
    ----------
    by, draws
        What repeats it, and in how many draws.
    asked, pairs
        Pairs of the table (of its test split, where it has one), and those that a draw labels and tests.
    files
        Of another screen: the SHA-256 of each by its path, relative to the manifest.
    sha256
        Of the file that it is in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: str
    draws: int
    asked: int
    pairs: int
    files: Mapping[str, str] = {}
    sha256: str


class LabelManifest(BaseModel):
    """Everything about a table of labels; ``sha256`` is that of the table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    versions: Mapping[str, str]
    request: LabelRequest
    files: tuple[Source, ...]
    counts: Counts
    repeated: Repeated | None = None
    notes: tuple[str, ...]
    output: str
    sha256: str

    def to_bytes(self) -> bytes:
        """Return the manifest as it is written."""
        return (self.model_dump_json(indent=2) + "\n").encode()


def manifest_path(output: Path) -> Path:
    """Return where the manifest of a table is: beside it."""
    return output.with_name(f"{output.name}.manifest.json")


def read_label_manifest(path: Path) -> LabelManifest:
    """Return a manifest. Raises :class:`DataError` for a file that is none."""
    with opening(path):
        content = path.read_bytes()
    try:
        return LabelManifest.model_validate_json(content)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise DataError(
            f"{path} is no manifest of labels ({where}: {fault['msg']}); name the .manifest.json"
        ) from None

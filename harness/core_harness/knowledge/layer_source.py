"""What the registry says about a layer: which file, how to read it, where it comes from."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core_harness.knowledge.rdf.mapping import RdfMapping

Reader = Literal["gmt", "modules", "annotations", "edges", "rdf"]

_COLUMNS: dict[Reader, tuple[str, ...]] = {
    "gmt": (),
    "modules": (),
    "annotations": ("set", "gene"),
    "edges": ("gene", "gene", "score"),
    "rdf": (),
}


def _inside(file: str) -> str:
    path = PurePosixPath(file)
    # "C:x" is a path of another drive on Windows, and no file system takes a NUL
    odd = any(character in "\\:" or not character.isprintable() for character in file)
    if odd or path.is_absolute() or ".." in path.parts or not path.name:
        raise ValueError(f"{file!r} must be a path inside the data folder, with forward slashes")
    return file


DataFile = Annotated[str, AfterValidator(_inside)]
"""A path relative to the data folder."""


class _Source(BaseModel):
    """A file with its release, date and licence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: DataFile
    source: str
    licence: str
    date: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")] | None = None
    """Of the release, as far as it is known: a year, a month or a day."""


class AliasSource(_Source):
    """A table of gene symbols: the ``[aliases]`` table of the registry.

    Attributes
    ----------
    columns
        Names of the column of aliases and of the column of approved symbols.
    """

    columns: tuple[str, str]


class IdentifierSource(_Source):
    """A table of the HGNC ids of genes: the ``[identifiers]`` table of the registry.

    Attributes
    ----------
    columns
        Names of the column of symbols and of the column of ids such as ``HGNC:11998``.
    """

    columns: tuple[str, str]


class LayerSource(_Source):
    """A layer of the graph: one ``[[layer]]`` table of the registry.

    Attributes
    ----------
    name
        Of the layer; unique in the registry.
    reader
        ``gmt``: gene sets, one a line. ``modules``: the co-essential modules of Wainberg et al. 2021.
        ``annotations``: a table with one membership a row. ``edges``: a table with one edge a row.
        ``rdf``: statements of an RDF graph in N-Triples, Turtle or TriG. Their formats: see
        :mod:`core_harness.knowledge.readers` and :mod:`core_harness.knowledge.rdf.layers`.
    columns
        Names of the columns to read. Annotations: set, gene. Edges: gene, gene, score.
    where
        Annotations only: keep the rows that have this value in this column.
    divisor
        Edges only: what a score is divided by to lie in (0, 1].
    rdf
        RDF only: which statements make the layer.
    names
        Annotations and modules only: the column of readable names, where sets are called by ids.
    biolink
        The Biolink predicate of a membership or an edge when the layer is written as RDF.
    source, licence, date
        Name and release of the source, its licence, and the release's date.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    reader: Reader
    columns: tuple[str, ...] = ()
    where: dict[str, str] = {}
    divisor: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    rdf: RdfMapping | None = None
    names: str | None = None
    biolink: Annotated[str, Field(pattern=r"^[a-z_]+$")] | None = None

    @property
    def kind(self) -> Literal["sets", "edges"]:
        """What the layer is made of."""
        if self.rdf is not None:
            return self.rdf.kind
        return "edges" if self.reader == "edges" else "sets"

    @model_validator(mode="after")
    def _options_fit_the_reader(self) -> Self:
        wanted = _COLUMNS[self.reader]
        if len(self.columns) != len(wanted):
            names = f"{len(wanted)} columns ({', '.join(wanted)})" if wanted else "no columns"
            raise ValueError(f"reader {self.reader!r} takes {names}, not {len(self.columns)}")
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("columns must differ from each other")
        scored = self.reader == "edges" or (self.rdf is not None and self.rdf.score is not None)
        options = {
            "where": (self.where != {}, self.reader == "annotations"),
            "divisor": (self.divisor != 1.0, scored),
            "rdf": (self.rdf is not None, self.reader == "rdf"),
            "names": (self.names is not None, self.reader in {"annotations", "modules"}),
        }
        for option, (given, fits) in options.items():
            if given and not fits:
                raise ValueError(f"reader {self.reader!r} takes no {option!r}")
        if self.reader == "rdf" and self.rdf is None:
            raise ValueError("reader 'rdf' needs a table 'rdf' that says which statements make the layer")
        return self

"""What the registry says about a layer: which file, how to read it, where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core_harness.errors import unknown
from core_harness.knowledge.rdf.mapping import RdfMapping

Reader = Literal["gmt", "modules", "annotations", "edges", "rdf", "words"]

_COLUMNS: dict[Reader, tuple[str, ...]] = {
    "gmt": (),
    "modules": (),
    "annotations": ("set", "gene"),
    "edges": ("gene", "gene", "score"),
    "rdf": (),
    "words": ("text", "gene"),
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


class _Release(BaseModel):
    """What a source is called, its date and licence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    licence: str
    date: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")] | None = None
    """Of the release, as far as it is known: a year, a month or a day."""


class _Source(_Release):
    """A file of a release."""

    file: DataFile


class AliasSource(_Source):
    """A table of other names of genes: ``[aliases]``, ``[ensembl]``, ``[ncbi]`` or ``[orthologs]``.

    Attributes
    ----------
    columns
        Names of the column of other names and of the column of symbols, those of ``[aliases]`` approved.
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


class LayerSource(_Release):
    """A layer of the graph: one ``[[layer]]`` table of the registry.

    Attributes
    ----------
    name
        Of the layer; unique in the registry.
    reader
        ``gmt``: gene sets, one a line. ``modules``: the co-essential modules of Wainberg et al. 2021.
        ``annotations``: a table with one membership a row. ``edges``: a table with one edge a row.
        ``rdf``: statements of an RDF graph in N-Triples, Turtle or TriG. ``words``: the words of a text
        about each gene, in a table or in the names of other layers' sets. Their formats: see
        :mod:`core_harness.knowledge.readers`, :mod:`core_harness.knowledge.rdf.layers` and
        :mod:`core_harness.knowledge.words`.
    file
        Every layer has one, but words of other layers.
    of
        Words only: layers of sets, in place of a file. A gene's text is then the names of its sets.
    columns
        Names of the columns to read. Annotations: set, gene. Words: text, gene. Edges: gene, gene, and one
        score or several, which are combined as independent evidence.
    where
        Annotations only: keep the rows that have this value in this column.
    divisor
        Edges only: what a score is divided by to lie between 0 and 1.
    rdf
        RDF only: which statements make the layer.
    names
        Annotations and modules only: the column of readable names, where sets are called by ids.
    evidence, dates
        Annotations only: the columns of evidence codes and of dates. They may be absent from the file:
        then it is unknown on what evidence, and since when, genes are in the sets.
    biolink
        The Biolink predicate of a membership or an edge when the layer is written as RDF.
    facts
        Whether prompts hold facts of the layer.
    source, licence, date
        Name and release of the source, its licence, and the release's date.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    reader: Reader
    file: DataFile | None = None
    of: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    where: dict[str, str] = {}
    divisor: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    rdf: RdfMapping | None = None
    names: str | None = None
    evidence: str | None = None
    dates: str | None = None
    biolink: Annotated[str, Field(pattern=r"^[a-z_]+$")] | None = None
    facts: bool = True

    @property
    def kind(self) -> Literal["sets", "edges"]:
        """What the layer is made of."""
        if self.rdf is not None:
            return self.rdf.kind
        return "edges" if self.reader == "edges" else "sets"

    @property
    def annotated(self) -> bool:
        """Whether memberships may have evidence codes and dates."""
        return not (self.evidence is None and self.dates is None) or (
            self.rdf is not None and self.rdf.annotated
        )

    @model_validator(mode="after")
    def _content_is_a_file_or_layers(self) -> Self:
        if self.of and self.reader != "words":
            raise ValueError(f"reader {self.reader!r} takes no 'of'")
        if self.of and self.file is not None:
            raise ValueError("words are those of a 'file' or 'of' layers; leave one out")
        if not self.of and self.file is None:
            needed = "a 'file', or 'of' which layers it is" if self.reader == "words" else "a 'file'"
            raise ValueError(f"reader {self.reader!r} needs {needed}")
        return self

    @model_validator(mode="after")
    def _columns_fit_the_reader(self) -> Self:
        wanted = () if self.of else _COLUMNS[self.reader]
        several = self.reader == "edges" and len(self.columns) > len(wanted)
        if len(self.columns) != len(wanted) and not several:
            names = f"{len(wanted)} columns ({', '.join(wanted)})" if wanted else "no columns"
            what = "'of' layers" if self.of else f"reader {self.reader!r}"
            raise ValueError(f"{what} takes {names}, not {len(self.columns)}")
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("columns must differ from each other")
        return self

    @model_validator(mode="after")
    def _options_fit_the_reader(self) -> Self:
        scored = self.reader == "edges" or (self.rdf is not None and self.rdf.score is not None)
        annotations = self.reader == "annotations"
        options = {
            "where": (self.where != {}, annotations),
            "divisor": (self.divisor != 1.0, scored),
            "rdf": (self.rdf is not None, self.reader == "rdf"),
            "names": (self.names is not None, annotations or self.reader == "modules"),
            "evidence": (self.evidence is not None, annotations),
            "dates": (self.dates is not None, annotations),
        }
        for option, (given, fits) in options.items():
            if given and not fits:
                raise ValueError(f"reader {self.reader!r} takes no {option!r}")
        if self.reader == "rdf" and self.rdf is None:
            raise ValueError("reader 'rdf' needs a table 'rdf' that says which statements make the layer")
        return self


def faults_of(layers: Sequence[LayerSource]) -> Iterator[tuple[str, str]]:
    """Yield the name of each layer that cannot be made of what it is ``of``, and why."""
    named = {layer.name: layer for layer in layers}
    for layer in layers:
        for part in layer.of:
            if part not in named:
                yield layer.name, unknown("layer", part, named)
            elif named[part].kind != "sets" or named[part].of:
                yield layer.name, f"layer {part!r} has no sets with names of their own; leave it out"

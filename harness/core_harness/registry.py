"""``registry.toml``: the names that users type, and what stands behind them.

The registry ships inside the wheel; a checkout reads the one at its root. It is validated as a whole
when it is first read, and an error names the key and its line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core_harness.component import Door
from core_harness.errors import RegistryError, unknown
from core_harness.knowledge import AliasSource, IdentifierSource, LayerSource
from core_harness.knowledge.layer_source import DataFile

Scalar = str | int | float | bool
Parameters = dict[str, Scalar]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_./-]*$")]
Conversion = Literal["go", "hgnc", "string", "unzip"]


class Entry(BaseModel):
    """Base of all tables of the registry: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetEntry(Entry):
    """A dataset by name: a dataset component with its parameters."""

    summary: str
    component: str
    parameters: Parameters = {}


class StrategyEntry(Entry):
    """A strategy: a named choice at the doors, with parameters that differ from the components' own."""

    summary: str
    retriever: str
    organizer: str
    aggregator: str
    parameters: dict[Door, Parameters] = {}


class Download(Entry):
    """One file as its publisher offers it.

    ``sha256`` is recorded where the address names one version for good and the file has been seen.
    """

    url: Annotated[str, Field(pattern=r"^https://[^\s?#]+$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class SourceEntry(Entry):
    """Where files of the data folder come from: one ``[[source]]`` table.

    Without ``convert``, each download is the file in the same place; with it, that step of
    :mod:`core_harness.sources.convert` makes all the files of all the downloads.
    """

    name: Name
    collection: Name
    """What is asked for together: the name under which ``data pull`` gets it with its like."""
    summary: str
    release: str
    licence: str
    terms: str
    """Address of the licence's text, or of the page on which the publisher names it."""
    megabytes: Annotated[float, Field(gt=0)]
    """About how much is downloaded."""
    downloads: Annotated[tuple[Download, ...], Field(min_length=1)]
    files: Annotated[tuple[DataFile, ...], Field(min_length=1)]
    convert: Conversion | None = None

    @model_validator(mode="after")
    def _each_file_has_its_download(self) -> Self:
        if self.convert is None and len(self.downloads) != len(self.files):
            raise ValueError(
                f"source {self.name!r} has {len(self.downloads)} downloads for {len(self.files)} files "
                "and no 'convert'"
            )
        return self


class Route(Entry):
    """One provider of a model.

    ``model`` is its name in litellm, ``key`` the environment variable of the key (None: it needs none),
    ``logprobs`` whether log-probabilities of the answer arrive.
    """

    model: str
    key: str | None = None
    logprobs: bool


class ModelEntry(Entry):
    """An alias of a model. The first of its routes whose key is set is taken."""

    summary: str
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]


class Published(Entry):
    """A figure from the literature. It stands beside a board and is never ranked with it."""

    method: str
    value: float
    of: str
    """What the figure is of: data, question, protocol as far as it is known."""
    source: str


class SuiteEntry(Entry):
    """A suite: what has to be run, and how runs of it are ranked.

    Its cells are ``strategies`` and, with each of the ``models``, the strategies ``asking``; each on all
    ``datasets``, in one regime. ``support_contexts`` and ``gene_holdout`` belong to regimes that need them.
    """

    summary: str
    datasets: Annotated[tuple[Name, ...], Field(min_length=1)]
    task: Literal["de", "dir"]
    regime: Literal["strict", "cross-context", "double-unseen"] = "strict"
    support_contexts: tuple[str, ...] = ()
    gene_holdout: float | None = None
    strategies: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Strategies that are run without a model."""
    asking: tuple[Name, ...] = ()
    """Strategies that are run with each of the models."""
    models: tuple[Name, ...] = ()
    metric: Literal["macro_gene_auroc", "pooled_auroc"] = "macro_gene_auroc"
    """What runs are ranked by."""
    coverage: Annotated[float, Field(gt=0, le=1)]
    """Share of the pairs that a run must have answered to be ranked."""
    reference: Name
    """The strategy that every run is compared with; it is one of ``strategies``."""
    published: tuple[Published, ...] = ()


class Registry(Entry):
    """The whole file."""

    schema_version: Literal[1]
    datasets: dict[Name, DatasetEntry]
    strategies: dict[Name, StrategyEntry]
    models: dict[Name, ModelEntry] = {}
    suites: dict[Name, SuiteEntry] = {}
    llm: str = "none"
    """The component that asks a model named by anything but an alias."""
    layer: tuple[LayerSource, ...] = ()
    """The layers of the shared knowledge graph, in order."""
    aliases: AliasSource | None = None
    """What brings symbols to approved names; None leaves them as they are."""
    identifiers: IdentifierSource | None = None
    """What genes are called in RDF; without it, and where it is silent, by their symbols."""
    source: tuple[SourceEntry, ...] = ()
    """Where ``core-harness data pull`` gets the files of the data folder."""

    @model_validator(mode="after")
    def _each_file_has_one_source(self) -> Self:
        names = [source.name for source in self.source]
        files = [file for source in self.source for file in source.files]
        for kind, values in (("source", names), ("file", files)):
            if twice := {value for value in values if values.count(value) > 1}:
                raise ValueError(f"{kind} {min(twice)!r} stands in two [[source]] tables")
        return self


@cache
def shipped_registry() -> Registry:
    """Return the registry that belongs to this installation. Raises :class:`RegistryError`."""
    path = registry_path()
    return parse_registry(path.read_text(encoding="utf-8"), str(path))


def registry_path() -> Path:
    """Return the file: inside the installed package, or at the root of a checkout it runs from."""
    packaged = Path(str(resources.files("core_harness"))) / "registry.toml"
    checkout = packaged.parents[2] / "registry.toml"
    for path in (packaged, checkout):
        if path.is_file():
            return path
    raise RegistryError(
        f"no registry.toml in {packaged.parent} or {checkout.parent}; install core-harness again"
    )


def parse_registry(text: str, where: str) -> Registry:
    """Return the registry written in ``text``; ``where`` names it in messages."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RegistryError(f"{where}: not valid TOML: {error}") from None
    try:
        registry = Registry.model_validate(content)
    except ValidationError as error:
        # a misspelt key is also a missing one: say the former first
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        keys = [part for part in first["loc"] if part != "[key]"]
        line = _line_of(text, keys)
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        key = ".".join(str(part) for part in keys)
        raise RegistryError(f"{where}, line {line}, key {key}: {_plain(first['msg'])}{more}") from None
    for place, fault in _faults_of_suites(registry):
        line = _line_of(text, list(place))
        raise RegistryError(f"{where}, line {line}, key {'.'.join(place)}: {fault}")
    return registry


def _faults_of_suites(registry: Registry) -> Iterator[tuple[Sequence[str], str]]:
    """Yield key and fault of each name in a suite that stands for nothing."""
    for name, suite in registry.suites.items():
        named: dict[str, tuple[str, Sequence[str], Collection[str]]] = {
            "datasets": ("dataset", suite.datasets, registry.datasets),
            "strategies": ("strategy", suite.strategies, registry.strategies),
            "asking": ("strategy", suite.asking, registry.strategies),
            "models": ("model", suite.models, registry.models),
            "reference": ("strategy of the suite", (suite.reference,), suite.strategies),
        }
        for key, (kind, wanted, known) in named.items():
            for missing in wanted:
                if missing not in known:
                    yield ("suites", name, key), unknown(kind, missing, known)
        if bool(suite.asking) != bool(suite.models):
            yield ("suites", name), "'asking' and 'models' go together; write both, or neither"


def _plain(message: str) -> str:
    if message == "Extra inputs are not permitted":
        return "there is no such key"
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _line_of(text: str, keys: list[Any]) -> int:
    """Return the line on which the deepest part of ``keys`` that is written in the text stands."""
    lines = text.splitlines()
    best, depth = 1, 0
    table: list[str] = []
    arrays: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
            table = []
            *parents, last = _dotted(header[2])
            for part in parents:
                table.append(part)
                if (array := ".".join(table)) in arrays:
                    table.append(str(arrays[array]))
            table.append(last)
            if header[1] == "[[":
                array = ".".join(table)
                arrays[array] = arrays.get(array, -1) + 1
                table.append(str(arrays[array]))
            path = table
        elif assignment := re.match(r"\s*([^=#]+?)\s*=", line):
            path = [*table, *_dotted(assignment[1])]
        else:
            continue
        shared = 0
        for mine, wanted in zip(path, keys, strict=False):
            if mine != str(wanted):
                break
            shared += 1
        if shared > depth and shared >= min(len(path), len(keys)):
            best, depth = number, shared
    return best


def _dotted(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", key)]

"""The tables of ``registry.toml``, the shipped one's and a user's."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from core_harness.knowledge import AliasSource, IdentifierSource, LayerSource
from core_harness.knowledge.layer_source import DataFile
from core_harness.vocabulary import Regime, StrategyStage

Scalar = str | int | float | bool
Parameters = dict[str, Scalar]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_./-]*$")]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Conversion = Literal["go", "hgnc", "orthologs", "string", "unzip"]


class Entry(BaseModel):
    """Base of all tables of the registry: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetEntry(Entry):
    """A dataset by name: a dataset component with its parameters."""

    summary: str
    component: str
    parameters: Parameters = {}
    published: Month | None = None
    """When its measurements could first be read; None for data that were never published."""
    direction: Name | None = None
    """The dataset that asks where the genes go that change in this one."""


class Tuned(Entry):
    """On what the parameters of a strategy were chosen: written by ``core-harness tune``."""

    strategy: str
    """The strategy whose parameters were changed."""
    datasets: Annotated[dict[str, Sha256], Field(min_length=1)]
    """Datasets, each with the digest of its support rows."""
    support_contexts: tuple[str, ...] = ()
    tried: Annotated[int, Field(gt=0)]
    """Settings that were compared."""
    folds: Annotated[int, Field(gt=1)]
    seed: Annotated[int, Field(ge=0)]
    criterion: str
    """The metric: its mean over folds and datasets was compared."""
    value: float
    low: float | None = None
    high: float | None = None
    version: str
    """Release of core-harness."""


class StrategyEntry(Entry):
    """A strategy: a named choice at the stages, with parameters that differ from the components' own."""

    summary: str
    retriever: str
    organizer: str
    aggregator: str
    parameters: dict[StrategyStage, Parameters] = {}
    tuned: Tuned | None = None


class Download(Entry):
    """One file as its publisher offers it.

    ``sha256`` is recorded where the address names one version for good and the file has been seen.
    """

    url: Annotated[str, Field(pattern=r"^https://[^\s?#]+$")]
    sha256: Sha256 | None = None


class SourceEntry(Entry):
    """Where files of the data folder come from: one ``[[source]]`` table.

    Without ``convert``, each download is the file in the same place; with it, that step of
    :mod:`core_harness.data.sources.convert` makes all the files of all the downloads.
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


class ListPrice(Entry):
    """US dollars for a million tokens, and the list or the day they are of."""

    prompt: Annotated[float, Field(ge=0)]
    completion: Annotated[float, Field(ge=0)]
    date: str


class Route(Entry):
    """One provider of a model."""

    model: Annotated[str, Field(pattern=r"^[\w.@:+/-]+$")]
    """Its name in litellm."""
    key: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """The environment variable whose value is sent as the key; None: whatever litellm finds, or none."""
    api_base: Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+[^\s?#@]*$")] | None = None
    """Address of the server, in place of the provider's own."""
    logprobs: bool
    """Whether log-probabilities of the answer arrive."""
    price: ListPrice | None = None

    @property
    def provider(self) -> str:
        """The provider's name in litellm."""
        return self.model.partition("/")[0]

    @field_validator("model")
    @classmethod
    def _is_no_address(cls, model: str) -> str:
        if "://" in model:  # some providers would be asked at an address in a model's name
            raise ValueError("a model's name holds no address; 'api_base' does")
        return model


class Weights(Download):
    """Weights of a model that runs on this machine: one GGUF file, below the data folder."""

    file: DataFile
    megabytes: Annotated[float, Field(gt=0)]
    release: str
    licence: str
    terms: str
    """Address of the licence's text, or of the page on which the publisher names it."""


class ModelEntry(Entry):
    """An alias of a model: the first of its routes whose key is set, or an llm component of this machine."""

    summary: str
    routes: tuple[Route, ...] = ()
    component: str | None = None
    """The llm component that answers, in place of routes."""
    weights: Weights | None = None
    """What the component reads; ``core-harness models pull`` gets it."""
    parameters: Parameters = {}
    """Parameters of the llm that differ from its own, for all routes."""
    knowledge_cutoff: Month | None = None
    """As its maker publishes it; None where no date is published, or none was found."""
    size: str | None = None
    """Parameters, as its maker publishes them: ``9B``."""
    open_weights: bool | None = None
    """Whether its weights can be downloaded; None where that is not known."""

    @field_validator("parameters")
    @classmethod
    def _hold_no_route(cls, parameters: Parameters) -> Parameters:
        if of_routes := {"model", "api_base", "key_variable", "price"} & set(parameters):
            raise ValueError(f"{min(of_routes)!r} is said by a route or by weights, not by parameters")
        return parameters

    @model_validator(mode="after")
    def _is_reached_in_one_way(self) -> Self:
        if bool(self.routes) == (self.component is not None):
            raise ValueError("a model has either 'routes' or a 'component'")
        if self.weights is not None and self.component is None:
            raise ValueError("'weights' belong to a 'component'")
        return self

    def source(self, name: str) -> SourceEntry | None:
        """Return its weights as a source of the data folder; ``name`` is the model's."""
        if (weights := self.weights) is None:
            return None
        return SourceEntry(
            name=name,
            collection="models",
            summary=self.summary,
            release=weights.release,
            licence=weights.licence,
            terms=weights.terms,
            megabytes=weights.megabytes,
            downloads=(Download(url=weights.url, sha256=weights.sha256),),
            files=(weights.file,),
        )


class Published(Entry):
    """A figure from the literature. It is shown with a board and never ranked."""

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
    regime: Regime = "unseen-perturbation"
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


def _no_name_twice(layers: tuple[LayerSource, ...]) -> tuple[LayerSource, ...]:
    names = [layer.name for layer in layers]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"layer {min(twice)!r} stands in two [[layer]] tables; rename one")
    return layers


Layers = Annotated[tuple[LayerSource, ...], AfterValidator(_no_name_twice)]


class Registry(Entry):
    """The whole file."""

    schema_version: Literal[1]
    datasets: dict[Name, DatasetEntry]
    strategies: dict[Name, StrategyEntry]
    models: dict[Name, ModelEntry] = {}
    suites: dict[Name, SuiteEntry] = {}
    llm: str = "none"
    """The component that asks a model named by anything but an alias."""
    layer: Layers = ()
    """The layers of the shared knowledge graph, in order."""
    aliases: AliasSource | None = None
    """What brings symbols to approved names; None leaves them as they are."""
    ensembl: AliasSource | None = None
    ncbi: AliasSource | None = None
    """Symbols by Ensembl id and by NCBI gene id, for the names in tables that people bring."""
    orthologs: AliasSource | None = None
    """Symbols of human genes by those of mouse genes, for tables of mouse cells."""
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


class UserRegistry(Entry):
    """A file that adds to the shipped registry. Its tables are written as there."""

    schema_version: Literal[1]
    datasets: dict[Name, DatasetEntry] = {}
    strategies: dict[Name, StrategyEntry] = {}
    models: dict[Name, ModelEntry] = {}
    suites: dict[Name, SuiteEntry] = {}
    layer: Layers = ()
    """Layers that join the shared knowledge graph, after the shipped ones."""

"""``audit_dataset()``: what a dataset can show, and what can be had from it without knowing any biology."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from core_harness.api import Desk
from core_harness.audit.agreement import Agreement, agreements
from core_harness.audit.overlap import Elsewhere, Overlap, Synonyms, elsewhere, overlap, synonyms
from core_harness.catalog import Catalog, Made
from core_harness.errors import MissingDataError, UsageError, unknown
from core_harness.metrics import Estimate
from core_harness.metrics.segments import GENE, PERTURBATION, with_both_classes
from core_harness.pipeline import Progress, open_knowledge
from core_harness.protocols import Dataset, OffersContexts
from core_harness.registry import Registry
from core_harness.runspec import RunSpec, make_dataset
from core_harness.schemas import ROWS, check
from core_harness.tables import check_rows

JSON_VERSION = 1

_QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)

_PLAIN = (
    ("gene frequency", {"strategies": ("gene-frequency",)}),
    ("potency", {"strategies": ("potency",)}),
    ("symbol", {"strategies": ("voting",), "retriever": "symbol"}),
)
"""What looks at no biology of the pair: the gene's rate, related perturbations' strength, their names."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Shares or counts over genes or perturbations: smallest, quartiles, largest."""

    over: int
    quantiles: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Plain:
    """What a method without biology reaches; ``missing`` says why there are no figures."""

    method: str
    macro_gene_auroc: Estimate | None
    pooled_auroc: Estimate | None
    missing: str | None


@dataclass(frozen=True, kw_only=True)
class DatasetAudit:
    """What :func:`audit_dataset` found; counts are of the test split unless they say otherwise.

    Attributes
    ----------
    dataset, question, simulated
        Which dataset, which question, and whether it was generated.
    regime, seed
        In which plain methods were evaluated: ``strict``; and the seed of their resamples.
    contexts
        Of the dataset itself.
    train_pairs, pairs, perturbations, genes
        Sizes; a gene is counted by context.
    evaluable_genes, evaluable_pairs
        Genes with both classes, and the pairs of these genes: all that macro-per-gene AUROC rests on.
    prevalence
        Share of positives.
    by_gene, by_perturbation, pairs_by_gene
        Prevalence by gene and by perturbation, and the number of pairs of a gene with both classes.
    overlap, elsewhere, agreements
        See :mod:`core_harness.audit.overlap` and :mod:`core_harness.audit.agreement`.
    synonyms
        None where the names of genes are not on this machine; ``synonyms_missing`` says why.
    plain
        What gene frequency, potency and the symbol alone reach.
    """

    dataset: str
    question: str
    simulated: bool
    regime: str
    seed: int
    contexts: tuple[str, ...]
    train_pairs: int
    pairs: int
    perturbations: int
    genes: int
    evaluable_genes: int
    evaluable_pairs: int
    prevalence: float
    by_gene: Spread
    by_perturbation: Spread
    pairs_by_gene: Spread
    overlap: Overlap
    synonyms: Synonyms | None
    synonyms_missing: str | None
    elsewhere: tuple[Elsewhere, ...]
    agreements: tuple[Agreement, ...]
    plain: tuple[Plain, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints; its keys are stable."""
        return {"schema_version": JSON_VERSION, **asdict(self)}


def audit_dataset(
    spec: RunSpec,
    registry: Registry,
    components: Catalog,
    *,
    contexts: Sequence[str] = (),
    progress: Progress | None = None,
) -> DatasetAudit:
    """Audit the dataset of ``spec``.

    Parameters
    ----------
    spec
        The dataset with its parameters, and the seed; all else is left aside.
    registry, components
        Where names and components are found.
    contexts
        Other contexts to compare with, by the names that the dataset has for them.
    progress
        Called as work goes on.

    Raises
    ------
    HarnessError
        The dataset cannot be read, or offers no such context.
    """
    tell = progress or (lambda *_: None)
    tell("reading the dataset", 0, len(_PLAIN) + 1)
    spec = RunSpec(dataset=spec.dataset, parameters=spec.parameters, seed=spec.seed)
    made = make_dataset(spec, registry, components)
    source: Dataset = made.object
    rows = _rows(source.rows(), spec.dataset)
    everywhere = pl.concat([rows, *(_other(source, name, rows, spec.dataset) for name in contexts)])
    test = rows.filter(pl.col("split") == "test")
    evaluable = with_both_classes(test, GENE)
    found, missing = _synonyms(rows, registry, made)
    plain = []
    for place, (method, choices) in enumerate(_PLAIN, start=1):
        tell(f"what {method} alone reaches", place, len(_PLAIN) + 1)
        plain.append(_plain(method, replace(spec, **choices), registry, components))  # type: ignore[arg-type]
    return DatasetAudit(
        dataset=spec.dataset,
        question=source.question,
        simulated=source.simulated,
        regime=spec.effective_regime,
        seed=spec.seed,
        contexts=tuple(rows["context"].unique().sort()),
        train_pairs=rows.height - test.height,
        pairs=test.height,
        perturbations=test.select(PERTURBATION).n_unique(),
        genes=test.select(GENE).n_unique(),
        evaluable_genes=evaluable.select(GENE).n_unique(),
        evaluable_pairs=evaluable.height,
        prevalence=test.filter(pl.col("label") == 1).height / test.height,
        by_gene=_spread(test.group_by(GENE).agg(pl.col("label").mean())["label"]),
        by_perturbation=_spread(test.group_by(PERTURBATION).agg(pl.col("label").mean())["label"]),
        pairs_by_gene=_spread(evaluable.group_by(GENE).len()["len"]),
        overlap=overlap(rows),
        synonyms=found,
        synonyms_missing=missing,
        elsewhere=tuple(elsewhere(rows, everywhere)),
        agreements=tuple(agreements(everywhere, seed=spec.seed)),
        plain=tuple(plain),
    )


def _rows(returned: object, where: str) -> pl.DataFrame:
    return check_rows(check(returned, ROWS, f"dataset {where!r}"), where=where).select(*ROWS)


def _other(source: Dataset, name: str, rows: pl.DataFrame, where: str) -> pl.DataFrame:
    own = rows["context"].unique().to_list()
    other = source.other_context(name) if isinstance(source, OffersContexts) else None
    if other is None:
        raise UsageError(f"{unknown('context', name, own)} of {where}")
    checked = _rows(other, where)
    if checked["context"][0] in own:
        raise UsageError(f"{name!r} is a context of {where} itself; name another to compare with")
    return checked


def _synonyms(rows: pl.DataFrame, registry: Registry, made: Made) -> tuple[Synonyms | None, str | None]:
    try:
        return synonyms(rows, open_knowledge(registry, made).symbols), None
    except MissingDataError as error:
        return None, str(error)


def _plain(method: str, spec: RunSpec, registry: Registry, components: Catalog) -> Plain:
    try:
        (result,) = Desk(spec, registry, components).run(out=None)
    except MissingDataError as error:
        return Plain(method=method, macro_gene_auroc=None, pooled_auroc=None, missing=str(error))
    found: Mapping[str, Estimate] = result.report.metrics
    return Plain(
        method=method,
        macro_gene_auroc=found["macro_gene_auroc"],
        pooled_auroc=found["pooled_auroc"],
        missing=None,
    )


def _spread(values: pl.Series) -> Spread:
    found = [values.cast(pl.Float64).quantile(q, "linear") for q in _QUANTILES]
    return Spread(over=len(values), quantiles=tuple(0.0 if q is None else float(q) for q in found))

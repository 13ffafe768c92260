"""``audit_dataset()``: what a dataset can show, and what can be had from it without knowing any biology."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from core_harness.analysis.audit.agreement import Agreement, agreements
from core_harness.analysis.audit.dataset_sections import sections
from core_harness.analysis.audit.listing import direction_listed
from core_harness.analysis.audit.near_duplicates import NearDuplicates, near_duplicates
from core_harness.analysis.audit.overlap import Elsewhere, Overlap, Synonyms, elsewhere, overlap, synonyms
from core_harness.analysis.audit.plain import Plain, plain_methods, repeated_experiment
from core_harness.analysis.audit.verdict import Verdict, above_chance, shown
from core_harness.data.tables.known_names import known_names
from core_harness.errors import LeakError, MissingDataError
from core_harness.evaluation.contexts import rows_elsewhere
from core_harness.evaluation.loaded import Loaded
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.metrics import Estimate
from core_harness.metrics.segments import GENE, PERTURBATION, with_both_classes
from core_harness.plugins.protocols import BringsKnowledge
from core_harness.schemas import ROWS
from core_harness.sections import InSections, Section

JSON_VERSION = 1

_QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Shares or counts over genes or perturbations: smallest, quartiles, largest."""

    over: int
    quantiles: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class DatasetAudit(InSections):
    """What :func:`audit_dataset` found; counts are of the test split unless they say otherwise.

    Attributes
    ----------
    dataset, question, simulated
        Which dataset, which question, and whether it was generated.
    regime, seed
        In which plain methods were evaluated: ``unseen-perturbation``; and the seed of their resamples.
    contexts
        Of the dataset itself.
    notes
        What was left out of its source, or changed, a line each.
    train_pairs, pairs, perturbations, genes
        Sizes; a gene is counted by context.
    evaluable_genes, evaluable_pairs
        Genes with both classes, and the pairs of these genes: all that macro-per-gene AUROC rests on.
    prevalence
        Share of positives.
    by_gene, by_perturbation, pairs_by_gene
        Prevalence by gene and by perturbation, and the number of pairs of a gene with both classes.
    overlap, elsewhere, agreements
        See :mod:`core_harness.analysis.audit.overlap` and :mod:`core_harness.analysis.audit.agreement`.
    synonyms
        None where the names of genes are not on this machine; ``synonyms_missing`` says why.
    near_duplicates
        Of drugs, see :mod:`core_harness.analysis.audit.near_duplicates`; None for knockdowns.
    plain
        What gene frequency, potency, the symbol, the listing and, where the table says them, the number of
        cells and the knockdown of the target alone reach.
    repeated
        What a repeated experiment reaches; None where nothing repeats the data.
    direction_listed
        What the list of the dataset's direction reaches as an answer; None where there is none.
    """

    dataset: str
    question: str
    simulated: bool
    regime: str
    seed: int
    contexts: tuple[str, ...]
    notes: tuple[str, ...]
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
    near_duplicates: NearDuplicates | None
    elsewhere: tuple[Elsewhere, ...]
    agreements: tuple[Agreement, ...]
    plain: tuple[Plain, ...]
    repeated: Plain | None
    direction_listed: Estimate | None

    def sections(self) -> Iterator[Section]:
        """Return what ``core-harness audit`` prints."""
        return sections(self)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints; its keys are stable."""
        return {"schema_version": JSON_VERSION, **asdict(self), "verdict": asdict(self.verdict)}

    @property
    def verdict(self) -> Verdict:
        """Return what follows from it for evaluations on this dataset."""
        frequency = self.plain[0]
        sentence = "Not fit to judge methods per gene: no gene has both classes."
        if frequency.macro_gene_auroc is not None and frequency.macro_gene_auroc.value is not None:
            sentence = (
                f"Gene frequency alone reaches {_short(frequency.pooled_auroc)} pooled and "
                f"{_short(frequency.macro_gene_auroc)} per gene: judge methods per gene."
            )
        return Verdict(sentence=sentence, reasons=tuple(self._reasons()))

    def _reasons(self) -> Iterator[str]:
        yield (
            f"{self.evaluable_genes:,} of {self.genes:,} genes can be evaluated; they hold "
            f"{self.evaluable_pairs:,} of {self.pairs:,} pairs."
        )
        for plain in self.plain[1:]:
            gene = plain.macro_gene_auroc
            if gene is not None and above_chance(gene):
                yield f"A method has to be above the {shown(gene)} per gene of {plain.method} alone."
        if self.repeated is not None and (again := self.repeated.macro_gene_auroc) is not None:
            yield f"A repeated experiment reaches {shown(again)} per gene on its own labels."
        if self.direction_listed is not None and self.direction_listed.value is not None:
            yield (
                f"The list of pairs that are asked for a direction reaches {shown(self.direction_listed)} "
                "per gene: it is the answer, and a method that is asked for changes never gets it."
            )
        if self.synonyms is not None and self.synonyms.across_splits:
            number = self.synonyms.across_splits
            yield f"{number:,} test perturbations stand in train under another name: the split leaks."
        if (near := self.near_duplicates) is not None and near.by_name:
            number = near.by_name
            yield f"{number:,} test drugs stand in train but for a salt or their spelling: the split leaks."
        if overlapping := [other for other in self.elsewhere if other.in_train]:
            most = max(overlapping, key=lambda other: other.in_train / other.perturbations)
            yield (
                f"{most.in_train / most.perturbations:.0%} of {most.context}'s test perturbations stand in "
                f"{most.other}'s train split: never set results with and without other contexts side by side."
            )
        for agreement in self.agreements:
            if agreement.macro_gene_auroc.value is not None:
                yield (
                    f"{agreement.other}'s labels reach {shown(agreement.macro_gene_auroc)} per gene on the "
                    f"{agreement.pairs:,} pairs that it shares with {agreement.context}: a ceiling for "
                    "carrying them over."
                )
        if self.simulated:
            yield (
                "The data are SIMULATED: what holds here shows that the program works, and nothing about "
                "cells."
            )


def audit_dataset(
    spec: RunSpec,
    session: Session,
    *,
    contexts: Sequence[str] = (),
) -> DatasetAudit:
    """Audit the dataset of ``spec``.

    Parameters
    ----------
    spec
        The dataset with its parameters, and the seed; all else is left aside.
    session
        Where the dataset and the knowledge graph are loaded.
    contexts
        Other contexts to compare with, by the names that the dataset has for them.

    Raises
    ------
    HarnessError
        The dataset cannot be read, or offers no such context.
    """
    spec = RunSpec(dataset=spec.dataset, parameters=spec.parameters, seed=spec.seed)
    spec, loaded = _loaded(spec, session)
    task, rows = loaded.task, loaded.rows.select(*ROWS)
    own = rows["context"].unique().to_list()
    others = [rows_elsewhere(loaded.dataset, name, own, spec.dataset).select(*ROWS) for name in contexts]
    everywhere = pl.concat([rows, *others])
    test = rows.filter(pl.col("split") == "test")
    evaluable = with_both_classes(test, GENE)
    found, missing = _synonyms(rows, session, loaded)
    plain = tuple(plain_methods(spec, session, pl.concat(others) if others else None))
    listed = direction_listed(spec, session)
    return DatasetAudit(
        dataset=spec.dataset,
        question=task.question,
        simulated=task.simulated,
        regime=spec.effective_regime,
        seed=spec.seed,
        contexts=tuple(rows["context"].unique().sort()),
        notes=tuple(loaded.notes),
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
        near_duplicates=_near_duplicates(rows, session, loaded) if task.agent == "drug" else None,
        elsewhere=tuple(elsewhere(rows, everywhere)),
        agreements=tuple(agreements(everywhere, seed=spec.seed)),
        plain=plain,
        repeated=repeated_experiment(spec, session),
        direction_listed=None if listed is None else listed["macro_gene_auroc"],
    )


def _loaded(spec: RunSpec, session: Session) -> tuple[RunSpec, Loaded]:
    """Return the dataset as it is asked for or, where its splits leak, under the names of its file."""
    try:
        return spec, session.load(spec)
    except LeakError as error:
        session.notice(str(error))
        own = {**spec.parameters.get("dataset", {}), "names": "written"}
        spec = replace(spec, parameters={**spec.parameters, "dataset": own})
        return spec, session.load(spec)


def _synonyms(rows: pl.DataFrame, session: Session, loaded: Loaded) -> tuple[Synonyms | None, str | None]:
    own = isinstance(loaded.dataset.object, BringsKnowledge)
    try:
        graph = session.open_graph(loaded.dataset)
    except MissingDataError as error:
        return None, str(error)
    return synonyms(rows, graph.symbols, graph.known if own else known_names(), loaded.task.agent), None


def _near_duplicates(rows: pl.DataFrame, session: Session, loaded: Loaded) -> NearDuplicates:
    shared = {layer.name for layer in session.registry.layer}
    try:
        layers = session.open_graph(loaded.dataset).layers
    except MissingDataError:  # names are there without a graph
        layers = ()
    return near_duplicates(rows, [layer for layer in layers if layer.name not in shared])


def _spread(values: pl.Series) -> Spread:
    found = [values.cast(pl.Float64).quantile(q, "linear") for q in _QUANTILES]
    return Spread(over=len(values), quantiles=tuple(0.0 if q is None else float(q) for q in found))


def _short(estimate: Estimate | None) -> str:
    """Return ``.957``."""
    value = None if estimate is None else estimate.value
    return "-" if value is None else f"{value:.3f}".removeprefix("0")

"""The metrics of a run by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial

import polars as pl

from core_harness.metrics.abstention import FILLS, answer_rate, risk_coverage_area
from core_harness.metrics.bootstrap import Measure, Metric, undefined
from core_harness.metrics.calibration import (
    brier,
    brier_skill,
    calibration_ratio,
    expected_calibration_error,
)
from core_harness.metrics.classification import (
    accuracy,
    balanced_accuracy,
    f1,
    mcc,
    of_confusion,
    overestimation,
)
from core_harness.metrics.potency import without_potency
from core_harness.metrics.prior import gene_prior_correlation
from core_harness.metrics.ranking import average_precision, macro_auroc, weighted_auroc
from core_harness.metrics.scored import are_probabilities
from core_harness.metrics.segments import GENE, PERTURBATION, POOLED, Floats, Segments, with_both_classes
from core_harness.metrics.slope import calibration_slope


@dataclass(frozen=True)
class _Pairs:
    """Pairs that metrics rest on, counted once."""

    rows: pl.DataFrame
    clusters: int

    @cached_property
    def genes(self) -> int:
        return self.rows.select(GENE).n_unique()

    @cached_property
    def perturbations(self) -> int:
        return self.rows.select(PERTURBATION).n_unique()

    def measure(self, of: Callable[[], Metric]) -> Measure:
        """Return the metric of these pairs; it is made ready when its value is first asked for."""
        ready = cache(of)

        def value(weights: Floats) -> Floats:
            return ready()(weights)

        return Measure(
            of=value,
            clusters=self.clusters,
            genes=self.genes,
            perturbations=self.perturbations,
            pairs=self.rows.height,
        )

    def ranked(
        self,
        of: Callable[[Segments, Floats], Floats],
        by: Sequence[str],
        *,
        rescored: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
    ) -> Measure:
        """Return a metric of the segments with both classes; ``rescored`` gives all pairs other scores."""
        kept = _Pairs(with_both_classes(self.rows, by), self.clusters) if by else self

        def ready() -> Metric:
            rows = kept.rows if rescored is None else with_both_classes(rescored(self.rows), by)
            return partial(of, Segments.of(rows, by, self.clusters))

        return kept.measure(ready)


def measures(rows: pl.DataFrame) -> dict[str, Measure]:
    """Return every metric of :func:`~core_harness.metrics.scored.checked` rows.

    Pairs without a score are left out, except from the answer rate and where a policy says what becomes
    of them. Macro metrics rest on the genes, or perturbations, that have both classes; the others on all
    pairs. A score by default, such as the gene's rate for a pair without a contrast (its status is not
    ``ok``), counts everywhere but in ``macro_gene_auroc_ok_only``. What needs probabilities is not
    defined where a score lies outside [0, 1].
    """
    clusters = rows["cluster"].n_unique()
    asked = _Pairs(rows, clusters)
    answered = _Pairs(rows.drop_nulls("score"), clusters)
    probabilities = are_probabilities(rows)

    def of_answered(metric_of: Callable[[pl.DataFrame, int], Metric]) -> Measure:
        return answered.measure(lambda: metric_of(answered.rows, clusters))

    def of_probabilities(metric_of: Callable[[pl.DataFrame, int], Metric]) -> Measure:
        return of_answered(metric_of) if probabilities else answered.measure(lambda: undefined)

    in_additive_model = answered if probabilities else _Pairs(answered.rows.clear(), clusters)
    ranking = {
        "macro_gene_auroc": answered.ranked(macro_auroc, GENE),
        "macro_gene_auroc_weighted": answered.ranked(weighted_auroc, GENE),
        "macro_perturbation_auroc": answered.ranked(macro_auroc, PERTURBATION),
        "pooled_auroc": answered.ranked(macro_auroc, POOLED),
        "pooled_auprc": answered.ranked(average_precision, POOLED),
    }
    return {
        **ranking,
        "accuracy": of_probabilities(partial(of_confusion, accuracy)),
        "balanced_accuracy": of_probabilities(partial(of_confusion, balanced_accuracy)),
        "f1": of_probabilities(partial(of_confusion, f1)),
        "mcc": of_probabilities(partial(of_confusion, mcc)),
        "brier": of_probabilities(brier),
        "brier_skill": of_probabilities(brier_skill),
        "ece": of_probabilities(expected_calibration_error),
        "calibration_slope": of_probabilities(calibration_slope),
        "calibration_ratio": of_probabilities(calibration_ratio),
        "overestimation": of_probabilities(partial(of_confusion, overestimation)),
        "answer_rate": asked.measure(lambda: answer_rate(rows, clusters)),
        "risk_coverage_area": of_probabilities(risk_coverage_area),
        **_by_policy("macro_gene_auroc", GENE, asked, ranking),
        **_by_policy("pooled_auroc", POOLED, asked, ranking),
        "macro_gene_auroc_ok_only": _Pairs(answered.rows.filter(pl.col("status") == "ok"), clusters).ranked(
            macro_auroc, GENE
        ),
        "gene_prior_correlation": of_answered(partial(gene_prior_correlation, "score")),
        "gene_prior_correlation_labels": of_answered(partial(gene_prior_correlation, "label")),
        "potency_residual_auroc": in_additive_model.ranked(macro_auroc, GENE, rescored=without_potency),
    }


def _by_policy(
    name: str, by: Sequence[str], asked: _Pairs, ranking: Mapping[str, Measure]
) -> dict[str, Measure]:
    """Return an AUROC under each policy about unanswered pairs; where there are none it is one measure."""
    dropped = ranking[name]
    complete = asked.rows["score"].null_count() == 0
    filled = {
        policy: dropped if complete else _Pairs(fill(asked.rows), asked.clusters).ranked(macro_auroc, by)
        for policy, fill in FILLS.items()
    }
    return {f"{name}_unanswered_{policy}": of for policy, of in {"drop": dropped, **filled}.items()}

"""The catalog: one row a metric, in the order and the groups in which people read them.

To add a metric, add its row to the table, and its definition to ``docs/metrics.md``; ``python
docs/make_metrics.py`` writes the overview of that page. Nothing else names metrics one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import inf

import polars as pl

from core_harness.errors import UsageError, unknown
from core_harness.metrics.abstention import answer_rate, risk_coverage_area
from core_harness.metrics.bootstrap import Measure
from core_harness.metrics.calibration import (
    HIGHEST_LOSS,
    brier,
    brier_skill,
    calibration_ratio,
    expected_calibration_error,
    log_loss,
)
from core_harness.metrics.classification import (
    Confusion,
    accuracy,
    balanced_accuracy,
    f1,
    mcc,
    of_confusion,
    overestimation,
)
from core_harness.metrics.metric import LABELS_ONLY, PROBABILITIES, Metric
from core_harness.metrics.pairs import OfRows, Pairs
from core_harness.metrics.potency import without_potency
from core_harness.metrics.prior import gene_prior_correlation
from core_harness.metrics.ranking import OfSegments, average_precision, macro_auroc, weighted_auroc
from core_harness.metrics.segments import GENE, PERTURBATION, POOLED, Floats
from core_harness.metrics.slope import calibration_slope

Make = Callable[[Pairs], Measure]


def _ranked(of: OfSegments, by: tuple[str, ...]) -> Make:
    return lambda pairs: pairs.ranked(of, by)


def _pooled(of: OfRows) -> Make:
    return lambda pairs: pairs.pooled(of)


def _counted(formula: Callable[[Confusion], Floats]) -> Make:
    return _pooled(partial(of_confusion, formula))


def _filled(policy: str, by: tuple[str, ...]) -> Make:
    return lambda pairs: pairs.filled[policy].ranked(macro_auroc, by)


_RANKING, _YES_NO, _CALIBRATION = "ranking", "yes or no, at .5", "calibration"
_ABSTENTION, _DIAGNOSTICS = "abstention", "diagnostics"

_auroc = partial(Metric, direction="higher", chance=0.5)
_of_probabilities = partial(Metric, needs=PROBABILITIES)

_TABLE = (
    _auroc("macro_gene_auroc", "macro-per-gene AUROC", _RANKING, of=_ranked(macro_auroc, GENE)),
    _auroc(
        "macro_gene_auroc_weighted",
        "macro-per-gene AUROC, weighted by positives x negatives",
        _RANKING,
        of=_ranked(weighted_auroc, GENE),
    ),
    _auroc(
        "macro_perturbation_auroc",
        "macro-per-perturbation AUROC",
        _RANKING,
        of=_ranked(macro_auroc, PERTURBATION),
    ),
    _auroc("pooled_auroc", "pooled AUROC", _RANKING, of=_ranked(macro_auroc, POOLED)),
    Metric(
        "pooled_auprc",
        "pooled AUPRC",
        _RANKING,
        direction="higher",
        of=_ranked(average_precision, POOLED),
    ),
    _of_probabilities("accuracy", "accuracy", _YES_NO, direction="higher", of=_counted(accuracy)),
    _of_probabilities(
        "balanced_accuracy",
        "balanced accuracy",
        _YES_NO,
        direction="higher",
        of=_counted(balanced_accuracy),
        chance=0.5,
    ),
    _of_probabilities("f1", "F1", _YES_NO, direction="higher", of=_counted(f1)),
    _of_probabilities(
        "mcc",
        "Matthews correlation (MCC)",
        _YES_NO,
        direction="higher",
        of=_counted(mcc),
        range=(-1.0, 1.0),
        chance=0.0,
    ),
    _of_probabilities("brier", "Brier score", _CALIBRATION, direction="lower", of=_pooled(brier)),
    _of_probabilities(
        "brier_skill",
        "Brier skill over gene frequency",
        _CALIBRATION,
        direction="higher",
        of=_pooled(brier_skill),
        range=(-inf, 1.0),
    ),
    _of_probabilities(
        "log_loss",
        "log loss",
        _CALIBRATION,
        direction="lower",
        of=_pooled(log_loss),
        range=(0.0, HIGHEST_LOSS),
    ),
    _of_probabilities(
        "ece",
        "expected calibration error (10 bins)",
        _CALIBRATION,
        direction="lower",
        of=_pooled(expected_calibration_error),
    ),
    _of_probabilities(
        "calibration_slope",
        "calibration slope (right: 1)",
        _CALIBRATION,
        direction=1.0,
        of=_pooled(calibration_slope),
        range=(-inf, inf),
    ),
    _of_probabilities(
        "calibration_ratio",
        "sum of scores / positives (right: 1)",
        _CALIBRATION,
        direction=1.0,
        of=_pooled(calibration_ratio),
        range=(0.0, inf),
    ),
    _of_probabilities(
        "overestimation",
        "yes at .5 / positives (right: 1)",
        _CALIBRATION,
        direction=1.0,
        of=_counted(overestimation),
        range=(0.0, inf),
    ),
    Metric(
        "answer_rate",
        "answer rate",
        _ABSTENTION,
        direction="higher",
        of=_pooled(answer_rate),
        needs=frozenset(),
        about_answering=True,
    ),
    _of_probabilities(
        "risk_coverage_area",
        "risk-coverage area",
        _ABSTENTION,
        direction="lower",
        of=_pooled(risk_coverage_area),
    ),
    _auroc(
        "macro_gene_auroc_unanswered_drop",
        "macro-per-gene AUROC, unanswered left out",
        _ABSTENTION,
        of=_ranked(macro_auroc, GENE),
        about_answering=True,
    ),
    _auroc(
        "macro_gene_auroc_unanswered_gene_prior",
        "macro-per-gene AUROC, unanswered at the gene's rate",
        _ABSTENTION,
        of=_filled("gene_prior", GENE),
        needs=LABELS_ONLY,
        about_answering=True,
    ),
    _auroc(
        "macro_gene_auroc_unanswered_wrong",
        "macro-per-gene AUROC, unanswered wrong",
        _ABSTENTION,
        of=_filled("wrong", GENE),
        needs=LABELS_ONLY,
        about_answering=True,
    ),
    _auroc(
        "pooled_auroc_unanswered_drop",
        "pooled AUROC, unanswered left out",
        _ABSTENTION,
        of=_ranked(macro_auroc, POOLED),
        about_answering=True,
    ),
    _auroc(
        "pooled_auroc_unanswered_gene_prior",
        "pooled AUROC, unanswered at the gene's rate",
        _ABSTENTION,
        of=_filled("gene_prior", POOLED),
        needs=LABELS_ONLY,
        about_answering=True,
    ),
    _auroc(
        "pooled_auroc_unanswered_wrong",
        "pooled AUROC, unanswered wrong",
        _ABSTENTION,
        of=_filled("wrong", POOLED),
        needs=LABELS_ONLY,
        about_answering=True,
    ),
    _auroc(
        "macro_gene_auroc_ok_only",
        "macro-per-gene AUROC, scores by default left out",
        _ABSTENTION,
        of=lambda pairs: pairs.ok.ranked(macro_auroc, GENE),
    ),
    Metric(
        "gene_prior_correlation",
        "rank correlation of scores with gene frequency",
        _DIAGNOSTICS,
        direction="descriptive",
        of=_pooled(partial(gene_prior_correlation, "score")),
        needs=frozenset({"answers"}),
        range=(-1.0, 1.0),
    ),
    Metric(
        "gene_prior_correlation_labels",
        "rank correlation of labels with gene frequency",
        _DIAGNOSTICS,
        direction="descriptive",
        of=_pooled(partial(gene_prior_correlation, "label")),
        range=(-1.0, 1.0),
    ),
    _auroc(
        "potency_residual_auroc",
        "macro-per-gene AUROC, perturbation's strength taken out",
        _DIAGNOSTICS,
        of=lambda pairs: pairs.ranked(macro_auroc, GENE, without_potency),
        needs=PROBABILITIES,
    ),
)


def by_name(rows: Iterable[Metric]) -> dict[str, Metric]:
    """Return rows by their names. Raises ValueError where two have the same."""
    found: dict[str, Metric] = {}
    for row in rows:
        if found.setdefault(row.name, row) is not row:
            raise ValueError(f"metric {row.name!r} has two rows")
    return found


METRICS: Mapping[str, Metric] = by_name(_TABLE)
"""Every metric by name."""

LABELS: Mapping[str, str] = {name: metric.label for name, metric in METRICS.items()}
"""What people read, by name."""

GROUPS: Mapping[str, Mapping[str, str]] = {
    group: {metric.name: metric.label for metric in METRICS.values() if metric.group == group}
    for group in dict.fromkeys(metric.group for metric in METRICS.values())
}
"""The labels by name, group by group."""


def metric_named(name: str) -> Metric:
    """Return a metric. Raises UsageError where there is none of this name."""
    if name not in METRICS:
        raise UsageError(unknown("metric", name, METRICS))
    return METRICS[name]


def measures(rows: pl.DataFrame) -> dict[str, Measure]:
    """Return every metric of :func:`~core_harness.metrics.scored.checked` rows, by name.

    Macro metrics rest on the genes, or perturbations, that have both classes; the others on all pairs.
    Pairs without a score are left out of what needs answers. A score by default, such as the gene's rate
    for a pair without a contrast (its status is not ``ok``), counts everywhere but in
    ``macro_gene_auroc_ok_only``. Nothing is computed before its value is asked for, and metrics that cannot
    differ on these rows are one measure.
    """
    asked = Pairs.asked(rows)
    return {name: metric.measure(asked) for name, metric in METRICS.items()}

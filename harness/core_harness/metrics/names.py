"""What metrics are called where a person reads them, in the groups and the order in which they stand."""

from __future__ import annotations

from collections.abc import Mapping

GROUPS: Mapping[str, Mapping[str, str]] = {
    "ranking": {
        "macro_gene_auroc": "macro-per-gene AUROC",
        "macro_gene_auroc_weighted": "macro-per-gene AUROC, weighted by positives x negatives",
        "macro_perturbation_auroc": "macro-per-perturbation AUROC",
        "pooled_auroc": "pooled AUROC",
        "pooled_auprc": "pooled AUPRC",
    },
    "yes or no, at .5": {
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced accuracy",
        "f1": "F1",
        "mcc": "Matthews correlation (MCC)",
    },
    "calibration": {
        "brier": "Brier score",
        "brier_skill": "Brier skill over gene frequency",
        "ece": "expected calibration error (10 bins)",
        "calibration_slope": "calibration slope (right: 1)",
        "calibration_ratio": "sum of scores / positives (right: 1)",
        "overestimation": "yes at .5 / positives (right: 1)",
    },
    "abstention": {
        "answer_rate": "answer rate",
        "risk_coverage_area": "risk-coverage area",
        "macro_gene_auroc_unanswered_drop": "macro-per-gene AUROC, unanswered left out",
        "macro_gene_auroc_unanswered_gene_prior": "macro-per-gene AUROC, unanswered at the gene's rate",
        "macro_gene_auroc_unanswered_wrong": "macro-per-gene AUROC, unanswered wrong",
        "pooled_auroc_unanswered_drop": "pooled AUROC, unanswered left out",
        "pooled_auroc_unanswered_gene_prior": "pooled AUROC, unanswered at the gene's rate",
        "pooled_auroc_unanswered_wrong": "pooled AUROC, unanswered wrong",
        "macro_gene_auroc_ok_only": "macro-per-gene AUROC, scores by default left out",
    },
    "diagnostics": {
        "gene_prior_correlation": "rank correlation of scores with gene frequency",
        "gene_prior_correlation_labels": "rank correlation of labels with gene frequency",
        "potency_residual_auroc": "macro-per-gene AUROC, perturbation's strength taken out",
    },
}

NAMES: Mapping[str, str] = {metric: name for group in GROUPS.values() for metric, name in group.items()}

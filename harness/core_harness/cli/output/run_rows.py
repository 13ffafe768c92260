"""Runs as rows of a table, each with its dataset, regime, control and part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core_harness.runs.folder import Run

_FIGURE = ("value", "low", "high", "genes", "perturbations", "pairs")


def flat_runs(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return one row a run, with its macro-per-gene AUROC; empty where there is none on file."""
    rows = []
    for run in runs:
        shown = run.state == "complete" and run.has_report
        found = run.report()["metrics"]["macro_gene_auroc"] if shown else {}
        rows.append({**_asked(run), **{f"macro_gene_auroc_{key}": found.get(key) for key in _FIGURE}})
    return rows


def flat_run(run: Run) -> list[dict[str, Any]]:
    """Return one row a metric."""
    return [
        {"metric": metric, **{key: estimate[key] for key in _FIGURE}, **_asked(run)}
        for metric, estimate in run.report()["metrics"].items()
    ]


def _asked(run: Run) -> dict[str, Any]:
    manifest, task = run.manifest, run.manifest.task
    return {
        "run": run.name,
        "state": run.state,
        "method": manifest.method.label,
        "model": manifest.method.model,
        "beyond_contrast": " and ".join(manifest.method.beyond_contrast),
        "control": manifest.control,
        "dataset": task.dataset,
        "question": task.question,
        "regime": task.regime,
        "support_contexts": " ".join(task.support_contexts),
        "gene_holdout": task.gene_holdout,
        "simulated": bool(manifest.simulated),
        "limit": manifest.part.limit,
        "only": manifest.part.only,
        "support": " ".join(map(str, filter(None, manifest.part.support or ()))) or None,
        "seed": task.seed,
    }

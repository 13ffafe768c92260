"""What can be had from a dataset without knowing any biology of its pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from core_harness.analysis.audit.listing import listed_elsewhere, measured_by, rows_listed
from core_harness.analysis.standing import repeated_pairs
from core_harness.errors import MissingDataError
from core_harness.evaluation.running import evaluate_spec
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.metrics import Estimate, mean_report, report

PLAIN: Mapping[str, Mapping[str, Any]] = {
    "gene frequency": {"strategies": ("gene-frequency",)},
    "potency": {"strategies": ("potency",)},
    "symbol": {"strategies": ("voting-one-step",), "retriever": "symbol"},
}
"""The gene's rate, the strength of related perturbations, and their names."""

LISTING = "listing"
"""How many pairs of the perturbation are asked about."""

ELSEWHERE = "listing elsewhere"
"""In how many of the other contexts the pair is listed, whatever its label."""

MEASURED: Mapping[str, str] = {"cell count": "cells", "knockdown": "knockdown"}
"""What a table says of how well a perturbation was measured, by the column that has it."""


@dataclass(frozen=True, kw_only=True)
class Plain:
    """What a method without biology reaches; ``missing`` says why there are no figures."""

    method: str
    macro_gene_auroc: Estimate | None
    pooled_auroc: Estimate | None
    missing: str | None


def plain_methods(spec: RunSpec, session: Session, others: pl.DataFrame | None = None) -> Iterator[Plain]:
    """Evaluate each method of :data:`PLAIN` on the dataset of ``spec``, and what its list alone says.

    ``others`` has ``context, perturbation, gene`` of the contexts to compare with, if there are any.
    """
    for place, (method, choices) in enumerate(PLAIN.items()):
        session.tell(f"what {method} alone reaches", place, len(PLAIN))
        try:
            (result,) = evaluate_spec(session, replace(spec, **choices))
        except MissingDataError as error:
            yield Plain(method=method, macro_gene_auroc=None, pooled_auroc=None, missing=str(error))
        else:
            yield _plain(method, result.report.metrics)
    yield _plain(LISTING, rows_listed(spec, session))
    if others is not None:
        yield _plain(ELSEWHERE, listed_elsewhere(spec, session, others))
    for method, column in MEASURED.items():
        if (found := measured_by(column, spec, session)) is not None:
            yield _plain(method, found)


def repeated_experiment(spec: RunSpec, session: Session) -> Plain | None:
    """Return what a repeated experiment reaches, the mean of its draws; None where nothing repeats the data.

    The interval is over perturbations or, of several draws, over these.
    """
    draws = list(repeated_pairs(session.load(spec)).values())
    if not draws:
        return None
    resamples = session.resamples if len(draws) == 1 else 0
    reports = [report(frame, seed=spec.seed, resamples=resamples) for frame in draws]
    found = reports[0] if len(reports) == 1 else mean_report(reports)
    return _plain("a repeated experiment", found.metrics)


def _plain(method: str, found: Mapping[str, Estimate]) -> Plain:
    return Plain(
        method=method,
        macro_gene_auroc=found["macro_gene_auroc"],
        pooled_auroc=found["pooled_auroc"],
        missing=None,
    )

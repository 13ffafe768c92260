"""The properties of pairs by which a run is divided into strata."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from core_harness.analysis.audit.strata import degree, parts_seen, strength
from core_harness.analysis.rescore import Scored
from core_harness.errors import DataError, RunError, UsageError
from core_harness.evaluation.pipeline import show
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import spec_of


def properties(scored: Scored, session: Session) -> tuple[dict[str, pl.DataFrame], dict[str, str]]:
    """Return the properties of pairs that strata are made by, and why others are missing.

    Each is a frame of ``context, perturbation, gene`` and ``value``.
    """
    pairs = scored.repeats[0]
    key = ["context", "perturbation", "gene"]
    found = {
        "gene frequency": pairs.select(*key, pl.col("gene_rate").alias("value")),
        "perturbation strength": strength(pairs),
    }
    if (seen := parts_seen(pairs, scored.loaded.split.support))["value"].null_count() < seen.height:
        found["parts seen in the support"] = seen
    missing = {}
    try:
        found["degree in the graph"] = degree(pairs, session.open_graph(scored.loaded.dataset))
    except DataError as error:
        missing["degree in the graph"] = str(error)
    try:
        found["evidence count"] = _evidence(scored, session)
    except (DataError, UsageError, RunError) as error:
        missing["evidence count"] = str(error)
    return found, missing


def _evidence(scored: Scored, session: Session) -> pl.DataFrame:
    """Return how many rows of evidence the run's method had on each pair."""
    manifest, loaded = scored.run.manifest, scored.loaded
    method = replace(session.method(manifest.method), llm=None)  # nothing is asked
    facts = session.open_knowledge_of(manifest, loaded.dataset, method)
    shown = show(method, loaded.task, loaded.split, spec_of(manifest).control, facts)
    totals = pl.concat([evidence.totals() for evidence in shown.evidence])
    if not (totals["n_pos"] + totals["n_neg"]).sum():
        raise UsageError("the method uses no evidence")
    counted = loaded.split.queries.join(totals, on="pair_id")
    number = (pl.col("n_pos") + pl.col("n_neg")).cast(pl.Float64)
    return counted.select("context", "perturbation", "gene", number.alias("value"))

"""``audit_run()``: what a run's figures are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from core_harness.analysis.audit.controls import Controlled, beside_controls, make_missing
from core_harness.analysis.audit.reasons import judge_run
from core_harness.analysis.audit.recalibration import recalibrated
from core_harness.analysis.audit.strata import Stratum, degree, strata, strength
from core_harness.analysis.audit.verdict import Verdict
from core_harness.analysis.rescore import Scored, rescore
from core_harness.analysis.verdict import Basis
from core_harness.errors import DataError, RunError, UsageError
from core_harness.evaluation.pipeline import show
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import spec_of
from core_harness.metrics import Coverage, Estimate, Report, mean_report, report
from core_harness.runs.folder import Run, list_runs
from core_harness.vocabulary import Beyond

JSON_VERSION = 1

RANKING = ("macro_gene_auroc", "potency_residual_auroc", "pooled_auroc")
CALIBRATION = ("brier", "ece", "calibration_slope", "calibration_ratio", "overestimation")
"""Metrics that are shown before and after recalibration.

Ranking ones are not: one curve would leave them as they are, and the curves of several folds, each
fitted without the labels of its own, would give those labels away.
"""


@dataclass(frozen=True, kw_only=True)
class RunAudit:
    """What :func:`audit_run` found; all figures are made again from the predictions.

    Attributes
    ----------
    run, method, beyond_contrast, control
        Name of the folder, label of the method, what it declares, and what was broken on purpose.
    asked
        Dataset, question, regime, part and whether anything was generated.
    coverage
        What was asked, and what was answered.
    metrics
        :data:`RANKING` and :data:`CALIBRATION`.
    recalibrated
        :data:`CALIBRATION` after isotonic recalibration out of fold.
    controls
        The run beside each control; none for a control, and for predictions that were made elsewhere.
    strata
        Macro-per-gene AUROC by gene frequency, evidence count, degree in the graph and strength.
    not_told
        Strata that are missing, and why.
    verdict
        One sentence, and its reasons.
    """

    run: str
    method: str
    beyond_contrast: tuple[Beyond, ...]
    control: str | None
    asked: Mapping[str, Any]
    coverage: Coverage
    metrics: Mapping[str, Estimate]
    recalibrated: Mapping[str, Estimate]
    controls: tuple[Controlled, ...]
    strata: tuple[Stratum, ...]
    not_told: Mapping[str, str]
    verdict: Verdict

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints; its keys are stable."""
        return {"schema_version": JSON_VERSION, **asdict(self)}


def audit_run(
    run: Run,
    session: Session,
    *,
    make_controls: bool = False,
    seed: int = 0,
    resamples: int = 1000,
) -> RunAudit:
    """Audit a complete run.

    Parameters
    ----------
    run
        The run; its controls are looked for, and put, in the folder in which it stands.
    session
        Where its dataset, its method and the knowledge graph are loaded. It notices folders beside the run
        that cannot be read.
    make_controls
        Whether missing controls are run.
    seed, resamples
        Of the bootstrap, and of the folds of the recalibration.

    Raises
    ------
    RunError
        The run cannot be set against the truth (:func:`core_harness.analysis.rescore.rescore`).
    UsageError
        Its controls cannot be run from here.
    """
    tell, manifest = session.tell, run.manifest
    tell("setting the run against the truth", 0, 3)
    scored = rescore(run, session)
    refused = make_missing(run, session) if make_controls else {}
    tell("recalibrating", 1, 3)
    before = _report(scored.repeats, seed, resamples)
    after = _report([recalibrated(frame, seed=seed) for frame in scored.repeats], seed, resamples)
    tell("comparing with controls", 2, 3)
    controls: tuple[Controlled, ...] = ()
    if manifest.control is None and manifest.method.made_here:
        among = list_runs(run.folder.parent, notice=session.notice)
        controls = tuple(beside_controls(scored, among, refused, session, seed=seed, resamples=resamples))
    properties, not_told = _properties(scored, session)
    tell("looking into strata", 3, 3)
    found = strata(scored.repeats, properties, seed=seed, resamples=resamples)
    asking = manifest.asking
    basis = Basis.of(
        before.as_dict(),
        ended=None if asking is None else asking.ended,
        simulated=manifest.simulated,
        answers=None if asking is None or asking.answers is None else asking.answers.status,
    )
    return RunAudit(
        run=run.name,
        method=manifest.method.label,
        beyond_contrast=manifest.method.beyond_contrast,
        control=manifest.control,
        asked={**asdict(scored.task), "part": manifest.part.model_dump()},
        coverage=before.coverage,
        metrics={name: before.metrics[name] for name in (*RANKING, *CALIBRATION)},
        recalibrated={name: after.metrics[name] for name in CALIBRATION},
        controls=controls,
        strata=tuple(found),
        not_told=not_told,
        verdict=judge_run(
            basis,
            scored.task,
            before,
            after,
            controls=controls,
            strata=found,
            beyond_contrast=manifest.method.beyond_contrast,
        ),
    )


def _report(frames: Sequence[pl.DataFrame], seed: int, resamples: int) -> Report:
    if len(frames) == 1:
        return report(frames[0], seed=seed, resamples=resamples)
    return mean_report([report(frame, seed=seed, resamples=0) for frame in frames])


def _properties(scored: Scored, session: Session) -> tuple[dict[str, pl.DataFrame], dict[str, str]]:
    """Return the properties of pairs that strata are made by, and why others are missing."""
    pairs = scored.repeats[0]
    key = ["context", "perturbation", "gene"]
    found = {
        "gene frequency": pairs.select(*key, pl.col("gene_rate").alias("value")),
        "perturbation strength": strength(pairs),
    }
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

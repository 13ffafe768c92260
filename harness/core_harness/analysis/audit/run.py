"""``audit_run()``: what a run's figures are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core_harness.analysis.audit.controls import Controlled, beside_controls, make_missing
from core_harness.analysis.audit.properties import properties
from core_harness.analysis.audit.reasons import judge_run
from core_harness.analysis.audit.recalibration import recalibrated
from core_harness.analysis.audit.run_sections import sections
from core_harness.analysis.audit.strata import Stratum, strata
from core_harness.analysis.audit.verdict import Verdict
from core_harness.analysis.rescore import report_of, rescore
from core_harness.analysis.standing import Standing, standings
from core_harness.evaluation.session import Session
from core_harness.evaluation.verdict import Basis
from core_harness.metrics import Coverage, Estimate
from core_harness.runs.folder import Run, list_runs
from core_harness.sections import InSections, Section
from core_harness.vocabulary import Beyond

JSON_VERSION = 1

RANKING = ("macro_gene_auroc", "potency_residual_auroc", "pooled_auroc")
CALIBRATION = ("brier", "ece", "calibration_slope", "calibration_ratio", "overestimation")
"""Metrics that are shown before and after recalibration.

Ranking ones are not: one curve would leave them as they are, and the curves of several folds, each
fitted without the labels of its own, would give those labels away.
"""


@dataclass(frozen=True, kw_only=True)
class RunAudit(InSections):
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
    standings
        Where it stands between gene frequency and a repeated experiment; none where nothing repeats the data.
    controls
        The run beside each control; none for a control, and for predictions that were made elsewhere.
    strata
        Macro-per-gene AUROC by gene frequency, evidence count, degree in the graph, strength and, of
        combinations, the number of parts seen in the support.
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
    standings: tuple[Standing, ...]
    controls: tuple[Controlled, ...]
    strata: tuple[Stratum, ...]
    not_told: Mapping[str, str]
    verdict: Verdict

    def sections(self) -> Iterator[Section]:
        """Return what ``core-harness audit`` prints."""
        return sections(self)

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
    before = report_of(scored.repeats, seed=seed, resamples=resamples)
    curves = [recalibrated(frame, seed=seed) for frame in scored.repeats]
    after = report_of(curves, seed=seed, resamples=resamples)
    tell("comparing with controls", 2, 3)
    controls: tuple[Controlled, ...] = ()
    if manifest.control is None and manifest.method.made_here:
        among = list_runs(run.folder.parent, notice=session.notice)
        controls = tuple(beside_controls(scored, among, refused, session, seed=seed, resamples=resamples))
    known, not_told = properties(scored, session)
    tell("looking into strata", 3, 3)
    found = strata(scored.repeats, known, seed=seed, resamples=resamples)
    asking = manifest.asking
    basis = Basis.of(
        before.as_dict(),
        ended=None if asking is None else asking.ended,
        simulated=manifest.simulated,
        answers=None if asking is None or asking.answers is None else asking.answers.status,
        in_graph=(manifest.identifiers or {}).get("in_graph"),
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
        standings=standings(scored),
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

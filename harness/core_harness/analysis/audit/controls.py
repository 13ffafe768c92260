"""The controls of a run that are there, side by side with it, and the missing ones made when asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from core_harness.analysis.compare import RANKING
from core_harness.analysis.rescore import Scored, rescore
from core_harness.analysis.same_pairs import answered_by_all, refuse_other_questions
from core_harness.errors import UsageError
from core_harness.evaluation.running import evaluate_again
from core_harness.evaluation.session import Session
from core_harness.evidence.controls import CONTROLS
from core_harness.metrics import Resampled, draw_clusters, measures
from core_harness.metrics.paired import difference
from core_harness.runs.folder import Run, list_runs
from core_harness.runs.manifest import MethodReference
from core_harness.vocabulary import Control


@dataclass(frozen=True, kw_only=True)
class Controlled:
    """A run beside one of its controls.

    Attributes
    ----------
    control
        What was broken.
    run
        The control's run folder by name; None where there is none.
    value, low, high
        The control's macro-per-gene AUROC, with its 95 % interval over perturbations.
    lost, p
        By how much the run is above it, and the paired p-value, not adjusted.
    missing
        Why there is no figure.
    """

    control: Control
    run: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    lost: float | None = None
    p: float | None = None
    missing: str | None = None


def controls_of(method: MethodReference) -> list[Control]:
    """Return the controls of a method: the listing is shuffled where it declares that it uses unlisted pairs.

    Of another method that control tells no more than shuffled labels.
    """
    if "unlisted pairs" in method.beyond_contrast:
        return list(CONTROLS)
    return [control for control in CONTROLS if control != "shuffled-listing"]


def beside_controls(
    scored: Scored,
    among: Sequence[Run],
    refused: Mapping[Control, str],
    session: Session,
    *,
    seed: int,
    resamples: int,
) -> list[Controlled]:
    """Compare a run with its controls among other runs; of several of one kind the last counts.

    What is missing is said of :func:`controls_of` its method. ``refused`` says why a control cannot be.
    """
    method = scored.run.manifest.method
    asks = method.model is not None
    not_run = f"not run; {'`core-harness eval --control`' if asks else '--controls'} runs it"
    found = []
    for control in CONTROLS:
        of_kind = [other for other in among if other.manifest.control == control]
        controls = [other for other in of_kind if _is_control_of(other, scored.run)]
        if controls:
            broken = rescore(controls[-1], session)
            found.append(_beside(scored, broken, control, seed=seed, resamples=resamples))
        elif control in controls_of(method):
            found.append(Controlled(control=control, missing=refused.get(control, not_run)))
    return found


def make_missing(run: Run, session: Session) -> dict[Control, str]:
    """Run the controls of ``run`` that are missing in its folder of runs, and put them there.

    Returns
    -------
    dict
        Of the controls that do not fit the run, why.

    Raises
    ------
    UsageError
        The run asked a model, which costs money, or was not made by this program.
    """
    reference = run.manifest.method
    if not reference.made_here:
        raise UsageError(
            f"{run.name} was not evaluated here, so its controls cannot be run; leave --controls out"
        )
    if reference.model is not None:
        raise UsageError(
            f"{run.name} asks {reference.model}; run its controls with `core-harness eval --control`, "
            "which says what they cost"
        )
    folder = run.folder.parent
    there = {other.manifest.control for other in list_runs(folder) if _is_control_of(other, run)}
    refused: dict[Control, str] = {}
    for control in controls_of(reference):
        if control not in there:
            try:
                evaluate_again(session, run, control=control, out=folder)
            except UsageError as error:
                refused[control] = str(error)
    return refused


def _beside(scored: Scored, broken: Scored, control: Control, *, seed: int, resamples: int) -> Controlled:
    refuse_other_questions(scored, broken)
    tables = [[measures(frame)[RANKING] for frame in frames] for frames in answered_by_all([scored, broken])]
    draws = draw_clusters(tables[0][0].clusters, seed=seed, resamples=resamples)
    whole, left = (Resampled.of(table, draws) for table in tables)
    lost = difference(left, whole)
    low, high = left.interval(RANKING) or (None, None)
    return Controlled(
        control=control,
        run=broken.run.name,
        value=None if isnan(left.value) else left.value,
        low=low,
        high=high,
        lost=lost.value,
        p=lost.p,
    )


def _is_control_of(other: Run, run: Run) -> bool:
    return other.state == "complete" and other.manifest.same_method_and_pairs(run.manifest)

"""The verdict on a run, by rule, and the reasons for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core_harness.analysis.audit.controls import Controlled
from core_harness.analysis.audit.strata import Stratum
from core_harness.analysis.audit.verdict import CHANCE, Verdict, above_chance, shown
from core_harness.evaluation.verdict import Basis, no_verdict
from core_harness.metrics import Estimate, Report
from core_harness.metrics.paired import ALPHA
from core_harness.schemas import Task
from core_harness.vocabulary import Beyond, Control

ANSWERED = 0.95
"""Share of answered pairs below which it is said what the rest would do."""
OVERESTIMATES = 1.25
"""Yes-rate by prevalence above which a method is said to say yes too often, and its inverse too seldom."""

_EVIDENCE: tuple[Control, ...] = ("shuffled-labels", "random-neighbours")
"""Controls that take away what a method should rest on."""

_EVIDENCE_AND_LISTING: tuple[Control, ...] = ("shuffled-listing", "random-neighbours")
"""The same for a method that uses unlisted pairs: shuffled labels leave it which pairs are listed."""


def judge_run(
    basis: Basis,
    task: Task,
    before: Report,
    after: Report,
    *,
    controls: Sequence[Controlled],
    strata: Sequence[Stratum],
    beyond_contrast: Sequence[Beyond] = (),
) -> Verdict:
    """Return the verdict on a run, by its reports before and after recalibration; none without a ``basis``.

    It rests on macro-per-gene AUROC: with its whole interval above .5, the scores tell perturbations of
    the same gene apart. What qualifies that stands among the reasons, such as what the method declares
    (``beyond_contrast``).
    """
    gene = before.metrics["macro_gene_auroc"]
    reasons = [
        *_within_genes(gene, before.metrics["pooled_auroc"]),
        *_strength(gene, before.metrics["potency_residual_auroc"]),
        *_declared(beyond_contrast),
        *_controls(controls, beyond_contrast),
        *_strata(gene, strata),
        *_calibration(before, after),
        *_coverage(before),
        *_scope(task),
    ]
    if (why := no_verdict(basis)) is not None:
        return Verdict(sentence=f"No verdict: {why}.", reasons=tuple(reasons))
    return Verdict(sentence=_sentence(gene), reasons=tuple(reasons))


def _sentence(gene: Estimate) -> str:
    if above_chance(gene):
        return "The scores tell perturbations of the same gene apart."
    if gene.high is not None and gene.high < CHANCE:
        return "The scores tell perturbations of the same gene apart the wrong way round."
    return "Not shown to tell perturbations of the same gene apart."


def _within_genes(gene: Estimate, pooled: Estimate) -> Iterator[str]:
    if gene.value is None:
        return
    yield f"Macro-per-gene AUROC is {shown(gene)} over {gene.genes:,} genes; .5 is chance."
    if pooled.value is not None and not above_chance(gene) and above_chance(pooled):
        yield f"Pooled AUROC is {shown(pooled)}: that is what is known of genes, not of perturbations."


def _strength(gene: Estimate, residual: Estimate) -> Iterator[str]:
    if residual.value is None or not above_chance(gene):
        return
    alone = "" if above_chance(residual) else ": it rests on the strength of perturbations"
    yield f"With each perturbation's mean score taken out it is {shown(residual)}{alone}."


def _declared(beyond_contrast: Sequence[Beyond]) -> Iterator[str]:
    if beyond_contrast:
        yield f"It declares that it uses {' and '.join(beyond_contrast)}: it is no pure contrast."


def _controls(controls: Sequence[Controlled], beyond_contrast: Sequence[Beyond]) -> Iterator[str]:
    by_name = {control.control: control for control in controls}
    uses_listing = "unlisted pairs" in beyond_contrast
    that_count = _EVIDENCE_AND_LISTING if uses_listing else _EVIDENCE
    missing = [name for name in that_count if name in by_name and by_name[name].value is None]
    for name in that_count:
        control = by_name.get(name)
        if control is None or control.value is None or control.lost is None or control.p is None:
            continue
        moved = control.lost > 0 and control.p < ALPHA
        effect = "so the evidence is used" if moved else "so the score does not come from the evidence"
        change = round(-control.lost, 3) + 0.0  # never -0
        yield f"Under {name} it is {control.value:.3f} ({change:+.3f}), {effect}."
    labels = by_name.get("shuffled-labels")
    if uses_listing and labels is not None and labels.value is not None:
        yield (
            f"Under shuffled-labels it is {labels.value:.3f}; that control keeps which pairs are listed, "
            "and so part of what the method uses."
        )
    if missing:
        yield f"Not controlled by {' and '.join(missing)}: whether the evidence is used is not known."


def _strata(gene: Estimate, strata: Sequence[Stratum]) -> Iterator[str]:
    if not above_chance(gene):
        return
    for by in dict.fromkeys(stratum.by for stratum in strata):
        judged = [s for s in strata if s.by == by and s.low is not None]
        at_chance = [s for s in judged if s.low is not None and s.low <= CHANCE]
        if len(judged) > 1 and 0 < len(at_chance) < len(judged):
            ranges = ", ".join(f"{s.lowest:.3g} to {s.highest:.3g}" for s in at_chance)
            yield f"Not above chance where {by} is {ranges}."


def _calibration(before: Report, after: Report) -> Iterator[str]:
    rate, ratio = before.metrics["overestimation"].value, before.metrics["calibration_ratio"].value
    if rate is None:
        yield "The scores are no probabilities, so calibration is not defined."
        return
    if off := _is_off(rate):
        verb = "overestimates" if rate > 1 else "underestimates"
        yield f"It {verb}: yes at .5 is said {rate:.2f} times as often as it is true."
    if ratio is not None and _is_off(ratio):
        off = True
        yield f"The scores sum to {ratio:.2f} times the positives."
    error, left = before.metrics["ece"].value, after.metrics["ece"].value
    if off and error is not None and left is not None:
        yield (
            f"Recalibrated by a curve that was fitted to other perturbations, its calibration error goes "
            f"from {error:.3f} to {left:.3f}."
        )


def _is_off(rate: float) -> bool:
    return not 1 / OVERESTIMATES <= rate <= OVERESTIMATES


def _coverage(report: Report) -> Iterator[str]:
    coverage = report.coverage
    if coverage.scored < ANSWERED * coverage.pairs:
        wrong = report.metrics["macro_gene_auroc_unanswered_wrong"]
        yield (
            f"Only {coverage.scored:,} of {coverage.pairs:,} pairs are answered; with the others counted as "
            f"wrong macro-per-gene AUROC is {shown(wrong)}."
        )


def _scope(task: Task) -> Iterator[str]:
    if task.regime == "undeclared":
        yield "What the method learnt from is not declared, so it may have seen the answers."
    if task.regime == "cross-context":
        yield "The support holds other contexts, in which the same perturbations may have been measured."
    if task.regime == "unseen-context":
        yield "The same perturbations were measured in the other contexts, which are all of the support."
    if task.simulated:
        yield "Data or answers are SIMULATED: this shows that the program works, and nothing about cells."

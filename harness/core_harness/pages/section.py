"""What a report shows of one run, and what it cannot show, with the reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

from core_harness.analysis.audit.properties import properties
from core_harness.analysis.audit.strata import strata
from core_harness.analysis.cards import Pair
from core_harness.analysis.charts import Chart, strata_charts
from core_harness.analysis.details import Details, Example
from core_harness.analysis.explain import card_of
from core_harness.analysis.remade import Remade, remake
from core_harness.analysis.rescore import Scored, report_of, rescore
from core_harness.analysis.standing import standing_section, standings
from core_harness.errors import HarnessError
from core_harness.evaluation.session import Session
from core_harness.pages.prompts import MOST_CHARACTERS, Prompts, prompts_of
from core_harness.pages.untrusted import shown, shown_name
from core_harness.runs.folder import Run
from core_harness.runs.manifest import Manifest
from core_harness.runs.summary import as_result
from core_harness.sections import Section

_CARDS = 3
"""Best predictions that get an evidence card, and worst: each tries what leaving voters out would do."""

_Made = TypeVar("_Made")


@dataclass(frozen=True, kw_only=True)
class RunSection:
    """A run on a page.

    Attributes
    ----------
    name, manifest
        Of its folder, and its record, without what they tell of the machine.
    result
        As `eval --json` has it, figures included; None where they cannot be made again.
    details, charts, strata
        What lies behind the figures, and their pictures.
    standing
        Where it stands between gene frequency and a repeated experiment; None where nothing repeats the data.
    cards
        Evidence cards of the best and the worst predictions, in plain types.
    prompts
        What a model was asked; None where none was.
    missing
        What cannot be shown, and why.
    """

    name: str
    manifest: Manifest
    result: Mapping[str, Any] | None = None
    details: Details | None = None
    charts: Sequence[Chart] = ()
    strata: Sequence[Chart] = ()
    standing: Section | None = None
    cards: Sequence[Mapping[str, Any]] = ()
    prompts: Prompts | None = None
    missing: Sequence[str] = ()


def section_of(run: Run, session: Session, *, most: int = MOST_CHARACTERS) -> RunSection:
    """Return what can be shown of a run, with up to ``most`` characters of compressed prompts."""
    missing: list[str] = []

    def attempt(what: str, make: Callable[[], _Made]) -> _Made | None:
        try:
            return make()
        except HarnessError as error:
            missing.append(f"{what}: {error}")
            return None

    session.tell(f"{run.name}, figures", 0, 3)
    section = RunSection(name=shown_name(run.name), manifest=shown(run.manifest))
    if scored := attempt("figures", lambda: rescore(run, session)):
        if stands := attempt("the repeated experiment", lambda: standings(scored)):
            section = replace(section, standing=standing_section(stands))
        section = attempt("strata", lambda: _with_figures(section, scored, session)) or section
    session.tell(f"{run.name}, evidence", 1, 3)
    with threadpool_limits(limits=1):
        remade = attempt("evidence and prompts", lambda: remake(run, session))
        if remade is not None and section.details is not None:
            examples = section.details.examples(_CARDS)
            section = replace(section, cards=attempt("evidence", lambda: _cards(remade, examples)) or ())
        session.tell(f"{run.name}, prompts", 2, 3)
        if remade is not None and remade.method.asks:
            section = replace(section, prompts=attempt("prompts", lambda: prompts_of(remade, most=most)))
    return replace(section, missing=missing)


def _with_figures(section: RunSection, scored: Scored, session: Session) -> RunSection:
    seed, resamples = scored.task.seed, session.resamples
    report = report_of(scored.repeats, seed=seed, resamples=resamples).as_dict()
    details = Details.of(scored.repeats)
    known, _ = properties(scored, session)  # not every method has evidence, nor every dataset a graph
    found = strata(scored.repeats, known, seed=seed, resamples=resamples)
    return replace(
        section,
        result={**as_result(section.manifest), **report},
        details=details,
        charts=details.charts(report),
        strata=strata_charts(found),
    )


def _cards(remade: Remade, examples: Sequence[Example]) -> list[Mapping[str, Any]]:
    return [
        card_of(remade, Pair(perturbation=one.perturbation, gene=one.gene, context=one.context)).as_dict()
        for one in examples
    ]

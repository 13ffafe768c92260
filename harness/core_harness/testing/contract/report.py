"""Running the checks of a component, and the report of what they found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest import SkipTest

from threadpoolctl import threadpool_limits

from core_harness.errors import PluginError
from core_harness.plugins.component import Stage
from core_harness.plugins.guard import called
from core_harness.testing.contract.datasets import DATASET
from core_harness.testing.contract.llms import LLM
from core_harness.testing.contract.made import MADE
from core_harness.testing.contract.organizers import ORGANIZER
from core_harness.testing.contract.retrievers import RETRIEVER
from core_harness.testing.contract.staged import STAGED
from core_harness.testing.contract.subject import PAIRS, Check, Outcome, Subject, outcome_of, subject_of

CHECKS: Mapping[Stage, tuple[Check, ...]] = {
    "dataset": (*MADE, *DATASET),
    "retriever": (*MADE, *STAGED, *RETRIEVER),
    "organizer": (*MADE, *STAGED, *ORGANIZER),
    "llm": (*MADE, *LLM),
    "aggregator": (*MADE, *STAGED),
}
"""The checks of each stage, in the order in which they run."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the checks of a component found.

    Attributes
    ----------
    subject
        The component.
    outcomes
        One a check.
    """

    subject: Subject
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> list[Outcome]:
        """The checks that failed."""
        return [outcome for outcome in self.outcomes if outcome.status == "failed"]

    def refuse(self) -> None:
        """Raise :class:`~core_harness.errors.PluginError` where a check failed: each with what mends it."""
        if self.failed:
            said = "; ".join(f"{one.check.name}: {one.found} ({one.check.mend})" for one in self.failed)
            number = f"{len(self.failed)} of {len(self.outcomes)} checks failed"
            raise PluginError(
                f"{called(self.subject.stage, self.subject.instance.reference)}: {number}: {said}"
            )

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, as ``--json`` has it."""
        reference = self.subject.instance.reference
        return {
            "kind": self.subject.stage,
            "name": reference.name,
            "target": reference.target,
            "distribution": reference.distribution,
            "version": reference.version,
            "checks": [
                {
                    "name": one.check.name,
                    "status": one.status,
                    "found": one.found,
                    "why": one.check.why,
                    "mend": one.check.mend,
                }
                for one in self.outcomes
            ],
        }


def check_component(component: Any, *, pairs: int = PAIRS, asks: bool = True) -> Report:
    """Check a component against the contract of its stage.

    Parameters
    ----------
    component
        An object, or a class that can be made without arguments. What it is, its main method tells: ``rows``,
        ``relate``, ``organize``, ``ask`` or ``predict``.
    pairs
        Of the large world, in which time and memory are reported.
    asks
        Whether a model may be sent the few requests of its checks, which may cost money.

    Returns
    -------
    Report
        What each check found.

    Raises
    ------
    PluginError
        A check failed: one line that says for each what was found and how to mend it.
    UsageError
        The object is no component.
    """
    report = checked(subject_of(component, pairs=pairs, asks=asks))
    report.refuse()
    return report


def checked(subject: Subject) -> Report:
    """Run all checks of a component, whatever they find."""
    return Report(subject=subject, outcomes=tuple(_run(check, subject) for check in CHECKS[subject.stage]))


def component_checks(component: Any, *, pairs: int = PAIRS, asks: bool = True) -> list[Callable[[], None]]:
    """Return one function a check, for ``pytest.mark.parametrize``; each raises what it finds.

    ::

        @pytest.mark.parametrize("check", component_checks(Mine()))
        def test_contract(check):
            check()

    Parameters are those of :func:`check_component`. A test is called like its check; one that cannot be done
    is skipped, with the reason.
    """
    return list(_functions(subject_of(component, pairs=pairs, asks=asks)))


def _functions(subject: Subject) -> Iterator[Callable[[], None]]:
    for check in CHECKS[subject.stage]:
        function = partial(_refuse, check, subject)
        function.__name__ = check.name  # type: ignore[attr-defined]  # pytest's id
        yield function


def _refuse(check: Check, subject: Subject) -> None:
    outcome = _run(check, subject)
    if outcome.status == "skipped":
        raise SkipTest(outcome.found)  # which pytest takes for a skip of its own
    Report(subject=subject, outcomes=(outcome,)).refuse()


def _run(check: Check, subject: Subject) -> Outcome:
    with threadpool_limits(limits=1):  # as in a run
        return outcome_of(check, subject)

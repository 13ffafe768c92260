"""A run made again up to its predictions: its method, what it was shown, what it asked and was answered."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from core_harness.data.splits import Split
from core_harness.evaluation import pipeline
from core_harness.evaluation.methods import Method
from core_harness.evaluation.session import Session
from core_harness.evaluation.shown import Examples, Shown
from core_harness.llm import Journal, answered_before
from core_harness.llm.answers import ANSWERS
from core_harness.plugins.guard import GuardedLLM
from core_harness.runs.folder import Run


@dataclass(frozen=True, kw_only=True)
class Remade:
    """A run whose method is at hand again.

    Attributes
    ----------
    run
        The folder.
    method, split, shown
        Who predicted, what was asked, and what the method was shown; under a control that draws, under its
        first seed.
    """

    run: Run
    method: Method
    split: Split
    shown: Shown
    _learnt: list[Examples | None] = field(default_factory=list, init=False)

    def learn_for(self, context: str) -> None:
        """Have a method that learns without a model learn what it knew of a context."""
        examples = self.shown.examples_for(context)
        if self.method.llm is None and self._learnt != [examples]:
            pipeline.fit(self.method, self.shown.task, examples, pl.DataFrame(schema=dict(ANSWERS)))
            self._learnt[:] = [examples]

    def replies(self, prompts: pl.DataFrame) -> pl.DataFrame | None:
        """Return :data:`~core_harness.llm.REPLIES` to prompts of the run, as it was answered; sends nothing.

        None for a method that asks no model.
        """
        if self.method.llm is None:
            return None
        with Journal(self.run.journal, untrusted=True) as journal:
            then = self.run.manifest.method.components["llm"].changes_answers
            identity = then or GuardedLLM(self.method.llm).identity()  # the first records do not hold it
            return answered_before(identity, prompts, journal=journal)


def remake(run: Run, session: Session) -> Remade:
    """Return the method of a run with what it was shown; it has not learnt yet.

    Raises
    ------
    UsageError
        The predictions were made elsewhere.
    RunError
        The dataset, the graph or the method is another one now.
    """
    method = session.method(run.manifest.method)
    loaded = session.load_of(run.manifest, run.name)
    facts = session.open_knowledge_of(run.manifest, loaded.dataset, method)
    shown = pipeline.show(method, loaded.task, loaded.split, run.manifest.control, facts)
    return Remade(run=run, method=method, split=loaded.split, shown=shown)

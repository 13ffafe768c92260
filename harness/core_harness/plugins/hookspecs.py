"""The six hooks. They register, they do not run.

A hook takes no argument and returns a sequence of :class:`~core_harness.plugins.component.Component`, that of
strategies one of :class:`~core_harness.plugins.component.Strategy`. The
work is done by plain methods of the chosen objects (:mod:`core_harness.plugins.protocols`), so the order in
which plugins are installed cannot change a score, and a signature never has to grow.
"""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from core_harness.plugins.component import Component, Strategy

hookspec = pluggy.HookspecMarker("core_harness")
hookimpl = pluggy.HookimplMarker("core_harness")


@hookspec
def core_datasets() -> Sequence[Component]:
    """Return datasets: what was measured, what is asked? (``protocols.Dataset``)."""
    return ()


@hookspec
def core_retrievers() -> Sequence[Component]:
    """Return retrievers: which measured perturbations are related? (``protocols.Retriever``)."""
    return ()


@hookspec
def core_organizers() -> Sequence[Component]:
    """Return organizers: which evidence stands side by side? (``protocols.Organizer``)."""
    return ()


@hookspec
def core_llms() -> Sequence[Component]:
    """Return language models (:class:`core_harness.plugins.protocols.LLM`)."""
    return ()


@hookspec
def core_aggregators() -> Sequence[Component]:
    """Return aggregators: what is the score of each question? (``protocols.Aggregator``)."""
    return ()


@hookspec
def core_strategies() -> Sequence[Strategy]:
    """Return strategies: names for combinations of components, of this distribution and of others."""
    return ()

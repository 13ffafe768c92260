"""What a plugin registers, names for classes at the five stages and for strategies, and the objects made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from core_harness.plugins.names import BUILT_IN

if TYPE_CHECKING:
    from core_harness.registry.entries import Scalar
    from core_harness.runs.manifest import ComponentReference
    from core_harness.vocabulary import StrategyStage

Stage = Literal["dataset", "retriever", "organizer", "llm", "aggregator"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""The stages, in the order in which data pass them."""

Kind = Literal[Stage, "strategy"]
"""What a plugin can bring: a component of one of the stages, or a strategy."""

METHODS: Mapping[Stage, str] = {
    "dataset": "rows",
    "retriever": "relate",
    "organizer": "organize",
    "llm": "ask",
    "aggregator": "predict",
}
"""The method by which a class is known to be a component of a stage."""

API = 1
"""Version of the plugin interface that this core speaks."""


@dataclass(frozen=True, slots=True)
class Component:
    """A component of one stage, by reference.

    Parameters
    ----------
    name
        What users type, e.g. ``"voting"``. Unique within its stage over all installed plugins.
    target
        ``"package.module:Class"``. It is imported only when the component is used, so that a missing
        extra breaks one component and ``--help`` stays fast. The class takes keyword arguments with
        defaults and does no work in ``__init__``: name and parameters are its identity.
    summary
        One line for ``core-harness plugins``.
    api
        The interface version the component was written for.
    extra
        Extra of the distribution without which the class cannot work, e.g. ``"local"``; listings say so where
        it is not installed.
    """

    name: str
    target: str
    summary: str
    api: int = API
    extra: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """A named choice of components, as users type it after ``--strategy``.

    Parameters
    ----------
    name
        What users type, e.g. ``"coin-vote"``. A strategy of a registry with this name has precedence; this
        one is then ``name@distribution``.
    summary
        One line for ``core-harness plugins``.
    retriever, organizer, aggregator
        Names of components. One of the same distribution has precedence over what the name means elsewhere;
        ``name@distribution`` is the one of that distribution.
    parameters
        Parameters that differ from the components' own, by stage: texts, numbers, truth values.
    api
        The interface version the strategy was written for.
    """

    name: str
    summary: str
    retriever: str
    organizer: str
    aggregator: str
    parameters: Mapping[StrategyStage, Mapping[str, Scalar]] = field(default_factory=dict)
    api: int = API


def stages_of(cls: type) -> list[Stage]:
    """Return the stages whose method a class has: one, of a component; none, or several, of another class."""
    return [stage for stage, method in METHODS.items() if callable(getattr(cls, method, None))]


@dataclass(frozen=True)
class Instance:
    """A component's object, with the reference by which it can be made again."""

    stage: Stage
    reference: ComponentReference
    object: Any

    @property
    def name(self) -> str:
        """What messages call it: stage and name, and whose it is unless it is built in."""
        whose = self.reference.distribution
        others = f" of {whose} {self.reference.version}" if whose not in {"", BUILT_IN} else ""
        return f"{self.stage} {self.reference.name!r}{others}"

"""What a plugin registers: a name for a class, at one of the five stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Stage = Literal["dataset", "retriever", "organizer", "llm", "aggregator"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""The stages, in the order in which data pass them."""

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
    """

    name: str
    target: str
    summary: str
    api: int = API

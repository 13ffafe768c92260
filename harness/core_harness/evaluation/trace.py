"""``CORE_HARNESS_TRACE=1``: each stage of the pipeline as it ends, with seconds and shapes, on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from functools import wraps
from time import perf_counter
from typing import ParamSpec, TypeVar

import polars as pl

from core_harness.evidence.evidence import Evidence

VARIABLE = "CORE_HARNESS_TRACE"

P = ParamSpec("P")
T = TypeVar("T")


def traced(stage: Callable[P, T]) -> Callable[P, T]:
    """Have a stage of the pipeline print a line where the variable is set, and is not 0.

    The line has the seconds that it took, stages within it included, then rows and columns of the frames that
    it got and returned. A stage that is walked block by block prints a line a block.
    """

    @wraps(stage)
    def timed(*args: P.args, **kwargs: P.kwargs) -> T:
        if os.environ.get(VARIABLE, "0") in {"", "0"}:
            return stage(*args, **kwargs)
        started = perf_counter()
        returned = stage(*args, **kwargs)
        seconds = perf_counter() - started
        got = _shapes([*args, *kwargs.values()])
        sys.stderr.write(f"trace: {stage.__name__:15} {seconds:8.3f} s  {got} -> {_shapes([returned])}\n")
        return returned

    return timed


def _shapes(values: Iterable[object]) -> str:
    return ", ".join(shape for value in values for shape in _shapes_of("", value)) or "-"


def _shapes_of(name: str, value: object) -> list[str]:
    """Return the shapes of a frame, of the frames of a dataclass or a tuple, and of evidence."""
    if isinstance(value, pl.DataFrame):
        return [f"{name} {value.height:,} x {value.width}".strip()]
    if isinstance(value, Evidence):
        return [f"evidence of {value.pairs.height:,} pairs"]
    if isinstance(value, tuple):
        return [shape for one in value for shape in _shapes_of(name, one)]
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}
        frames = {key: one for key, one in parts.items() if isinstance(one, pl.DataFrame)}
        return [shape for key, one in frames.items() for shape in _shapes_of(key, one)]
    return []

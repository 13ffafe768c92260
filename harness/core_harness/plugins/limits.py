"""Numbers with limits, for the annotations of a component's parameters.

A component is made only of values that fit its annotations, so a value out of range is one line before
anything is read or sent, and no component checks its own::

    def __init__(self, *, factors: Count = 60, share: Share = 0.7) -> None: ...
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Finite = Annotated[float, Field(allow_inf_nan=False)]
"""Not infinite, not NaN."""

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""From 0 to 1."""

NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""0 or more, finite."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""More than 0, finite."""

Count = Annotated[int, Field(ge=1)]
"""1 or more."""

Samples = Annotated[int, Field(ge=1, le=1000)]
"""Answers to one prompt: 1 to 1,000."""

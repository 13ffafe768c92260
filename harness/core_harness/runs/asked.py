"""Which part of a dataset a run was asked about, and how much of its support methods saw."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from core_harness.vocabulary import Only

Number = Annotated[int, Field(ge=1)]


class Asked(BaseModel):
    """Which part of a dataset was asked, and of how much measured; None for the whole.

    Attributes
    ----------
    limit, only
        Part of the queries: see :mod:`core_harness.data.splits`.
    support
        The budget: how many measured perturbations of a context, and how many genes of each, or None for all
        of them.
    """

    model_config = ConfigDict(frozen=True)

    limit: Number | None = None
    only: Only | None = None
    support: tuple[Number, Number | None] | None = None

    @property
    def key(self) -> list[object]:
        """What the digest of a run's question holds; a run on all of the support has what it always had."""
        return [self.limit, self.only, *([] if self.support is None else [list(self.support)])]

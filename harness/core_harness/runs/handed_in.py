"""What a run record says of predictions that were made elsewhere."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class TrainedOn(BaseModel):
    """The (context, perturbation) pairs that a method saw.

    Attributes
    ----------
    name
        Of the file that lists them; ``train`` for the dataset's own train split.
    sha256
        Of the pairs, sorted, as CSV.
    pairs
        How many there are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str
    pairs: int


class PredictionsFile(BaseModel):
    """The file of predictions; ``trained_on`` is None where that is not declared."""

    model_config = ConfigDict(frozen=True, extra="allow")  # with what it had and lacked

    name: str
    sha256: str
    trained_on: TrainedOn | None = None

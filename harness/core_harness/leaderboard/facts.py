"""What a board says of a run beside its figures: its parameters, model, cost and files."""

from __future__ import annotations

from collections.abc import Mapping

from core_harness.leaderboard.rows import RankedRun
from core_harness.pages.untrusted import short
from core_harness.registry.entries import ModelEntry
from core_harness.runs.manifest import Manifest


def parameters_of(manifest: Manifest) -> str | None:
    """Return the parameters of all components on one line, cut to a length that a cell holds."""
    named = [
        f"{stage}.{key}={value}"
        for stage, component in manifest.method.components.items()
        for key, value in component.parameters.items()
    ]
    return short(", ".join(named)) if named else None


def size_of(models: Mapping[str, ModelEntry], model: str | None) -> str | None:
    """Return how large a model is, as the registry has it."""
    entry = models.get(model or "")
    return None if entry is None else entry.size


def weights_of(models: Mapping[str, ModelEntry], model: str | None) -> str | None:
    """Return whether anybody can run a model, as the registry has it."""
    entry = models.get(model or "")
    return None if entry is None or entry.open_weights is None else "yes" if entry.open_weights else "no"


def tokens_of(manifest: Manifest) -> int | None:
    """Return the tokens that were paid for in the run; what a cache had is not among them."""
    asking = manifest.asking
    return None if asking is None else asking.prompt_tokens + asking.completion_tokens


def cost_of(manifest: Manifest) -> float | None:
    """Return the US dollars that the run cost."""
    return None if manifest.asking is None else manifest.asking.cost


def files_of(run: RankedRun, *, with_predictions: bool) -> tuple[str, str | None]:
    """Return the record of a run and its predictions, as files of the site."""
    return f"runs/{run.page}.json", f"runs/{run.page}.parquet" if with_predictions else None

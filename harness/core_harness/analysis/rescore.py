"""A run's predictions beside the truth: the dataset is read again, and no figure in the folder is believed.

Metrics on disk are what somebody's program once wrote. Whoever compares, audits or ranks runs makes
them again from here.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from typing import Any, get_args

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from core_harness.data.rates import gene_rate_of
from core_harness.errors import PluginError, RunError
from core_harness.evaluation.pipeline import Loaded, load
from core_harness.evaluation.spec import RunSpec
from core_harness.plugins.catalog import Catalog
from core_harness.runs.folder import Run
from core_harness.schemas import PAIRS, PREDICTIONS, Task, check
from core_harness.vocabulary import Only, Regime, Undeclared


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A run whose predictions stand beside the truth.

    Attributes
    ----------
    run
        The folder.
    loaded
        Its dataset, divided as the run divided it.
    task
        What was asked, as the run tells it: in its regime, and simulated where data or answers are.
    repeats
        Frames of :data:`core_harness.metrics.SCORED` with ``pair_id``, sorted by it: one, or under a
        control one for each seed.
    """

    run: Run
    loaded: Loaded
    task: Task
    repeats: tuple[pl.DataFrame, ...]


class Datasets:
    """The datasets of runs, each read once however many runs were made on it."""

    def __init__(self, components: Catalog) -> None:
        self._components = components
        self._loaded: dict[str, Loaded] = {}

    def of(self, run: Run) -> Loaded:
        """Return the dataset of a run, divided as the run divided it.

        Raises
        ------
        RunError
            The manifest does not say which dataset it was, or the rows are not those that the run saw.
        DataError, UsageError
            The dataset cannot be read.
        """
        recipe = _recipe(run)
        key = f"{recipe.spec()} {recipe.components.dataset.model_dump_json()}"
        if key not in self._loaded:
            made = self._components.make(
                "dataset", recipe.components.dataset.name, recipe.components.dataset.parameters
            )
            self._loaded[key] = load(recipe.spec(), made)
        loaded = self._loaded[key]
        if recipe.task.regime not in {loaded.task.regime, *get_args(Undeclared)}:
            raise RunError(
                f"{run.name} calls its regime {recipe.task.regime!r}, but by its settings it is "
                f"{loaded.task.regime!r}; evaluate again"
            )
        if loaded.digest != recipe.dataset_sha256:
            raise RunError(
                f"{run.name}: the rows of dataset {recipe.task.dataset!r} are not those that the run was "
                "made on; get the same release, or run the evaluation again"
            )
        return loaded


def score(run: Run, datasets: Datasets) -> Scored:
    """Set the predictions of a run against the truth.

    Raises
    ------
    RunError
        The run did not end, its dataset is another one now, or its predictions are not the file that it
        wrote, or not one score, finite or missing, for each pair that was asked.
    DataError, UsageError
        The dataset cannot be read again.
    """
    if run.state != "complete":
        raise RunError(
            f"{run.name} is incomplete (its state is {run.state!r}), so its figures do not count; go on with "
            "`core-harness eval --resume`, or evaluate again"
        )
    predictions = parse_predictions(predictions_file(run), run)
    loaded = datasets.of(run)
    seeds = predictions.partition_by("seed", maintain_order=True) if "seed" in predictions.columns else None
    repeats = tuple(beside_truth(frame, loaded, run.name) for frame in seeds or [predictions])
    recipe = _recipe(run)
    task = replace(
        loaded.task,
        regime=recipe.task.regime,
        simulated=loaded.task.simulated or (recipe.asking is not None and recipe.asking.simulated),
    )
    return Scored(run=run, loaded=loaded, task=task, repeats=repeats)


class _Part(BaseModel):
    """What of a manifest is needed to read the data again; the rest of it is not looked at."""

    model_config = ConfigDict(frozen=True)


class _Component(_Part):
    name: str
    parameters: dict[str, Any]


class _Components(_Part):
    dataset: _Component


class _Task(_Part):
    dataset: str
    regime: Regime | Undeclared
    support_contexts: tuple[str, ...]
    gene_holdout: float | None


class _Asked(_Part):
    limit: int | None
    only: Only | None


class _Asking(_Part):
    simulated: bool


class _Recipe(_Part):
    task: _Task
    asking: _Asking | None = None
    part: _Asked
    seed: int
    components: _Components
    dataset_sha256: str

    def spec(self) -> RunSpec:
        return RunSpec(
            dataset=self.task.dataset,
            support_contexts=self.task.support_contexts,
            gene_holdout=self.task.gene_holdout,
            limit=self.part.limit,
            only=self.part.only,
            seed=self.seed,
        )


def _recipe(run: Run) -> _Recipe:
    try:
        return _Recipe.model_validate(run.manifest)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise RunError(f"{run.folder / 'run.json'}, key {key}: {first['msg']}; evaluate again") from None


def predictions_file(run: Run) -> bytes:
    """Return the predictions as bytes. Raises RunError where they are not the file that the run wrote."""
    path = run.folder / "predictions.parquet"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"{path} cannot be used: {error}; evaluate again") from None
    if hashlib.sha256(content).hexdigest() != run.manifest.get("predictions_sha256"):
        raise RunError(f"{path} is not the file that the run wrote (its sha256 differs); evaluate again")
    return content


def parse_predictions(content: bytes, run: Run) -> pl.DataFrame:
    """Return the predictions of a run from the bytes of its file. Raises RunError."""
    path = run.folder / "predictions.parquet"
    try:
        return check(pl.read_parquet(io.BytesIO(content)), {**PAIRS, **PREDICTIONS}, str(path))
    except (pl.exceptions.PolarsError, PluginError) as error:
        raise RunError(f"{path} cannot be used: {error}; evaluate again") from None


def beside_truth(predictions: pl.DataFrame, loaded: Loaded, name: str) -> pl.DataFrame:
    """Return :data:`core_harness.metrics.SCORED` rows with ``pair_id``, sorted by it.

    Raises :class:`~core_harness.errors.RunError` where there is not one score, finite or missing, for each
    pair that was asked; ``name`` is the run's, for the message.
    """
    asked = loaded.split.queries
    key = list(PAIRS)
    twice = predictions.height - predictions["pair_id"].n_unique()
    missing = asked.join(predictions, on=key, how="anti").height
    strange = predictions.join(asked, on=key, how="anti").height
    infinite = predictions.filter(~pl.col("score").is_finite()).height
    faults = {
        "pairs have no prediction": missing,
        "predictions are about no pair that was asked": strange,
        "pairs are predicted twice": twice,
        "scores are not finite": infinite,
        "predictions have no status": predictions["status"].null_count(),
    }
    if found := [f"{number} {fault}" for fault, number in faults.items() if number]:
        raise RunError(f"{name}: {', '.join(found)}; evaluate again")
    rate = gene_rate_of(asked, loaded.split.support).alias("gene_rate")
    return (
        asked.with_columns(rate)
        .join(loaded.split.truth, on="pair_id")
        .join(predictions.select("pair_id", "score", "status"), on="pair_id")
        .sort("pair_id")
    )

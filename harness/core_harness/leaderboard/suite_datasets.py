"""The datasets of a suite that are on this machine, and the resamples that all its runs share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from core_harness.errors import MissingDataError, RegistryError
from core_harness.evaluation.loaded import Loaded
from core_harness.evaluation.session import Session
from core_harness.metrics import Draws, draw_clusters
from core_harness.registry.entries import SuiteEntry
from core_harness.suites.cell import Cell
from core_harness.suites.suite import spec_of_suite


@dataclass(frozen=True, kw_only=True, eq=False)
class SuiteDataset:
    """A dataset of a suite that is on this machine.

    Attributes
    ----------
    name
        As in the registry.
    loaded
        Its rows, divided by the suite's regime.
    draws
        Resamples of its test perturbations.
    digest
        Of what figures depend on besides predictions: rows, queries, resamples.
    """

    name: str
    loaded: Loaded
    draws: Draws
    digest: str


def read_datasets(
    suite: SuiteEntry, session: Session, *, seed: int = 0, resamples: int = 1000
) -> tuple[Mapping[str, SuiteDataset], Mapping[str, str]]:
    """Read the datasets of a suite; return those that are on this machine, and why the others are not.

    Perturbations are drawn once for all datasets: one that was measured in several cell lines is drawn in all
    of them together, as :func:`core_harness.metrics.draw_clusters` does within a dataset.

    Raises :class:`~core_harness.errors.RegistryError` where a dataset asks another task than the suite says,
    or some of the data are generated and some are not.
    """
    loaded: dict[str, Loaded] = {}
    missing: dict[str, str] = {}
    for dataset in suite.datasets:
        spec = spec_of_suite(suite, Cell(dataset=dataset, strategy=suite.reference, model=None))
        try:
            there = session.load(spec)
        except MissingDataError:  # its message has paths of this machine, which a board does not publish
            missing[dataset] = "its data are not on the machine that made this board"
            continue
        if there.task.question != suite.task:
            raise RegistryError(f"{dataset} asks {there.task.question!r}, but its suite is of {suite.task!r}")
        loaded[dataset] = there
    if len({there.task.simulated for there in loaded.values()}) > 1:
        names = ", ".join(loaded)
        raise RegistryError(f"{names}: a suite is of generated data or of measured ones, not both")
    perturbations = {dataset: _perturbations(there) for dataset, there in loaded.items()}
    every = pl.concat([pl.Series(dtype=pl.String), *perturbations.values()]).unique().sort()
    drawn = draw_clusters(len(every), seed=seed, resamples=resamples)
    datasets = {}
    for name, there in loaded.items():
        draws = drawn.among(every.search_sorted(perturbations[name]).to_numpy())
        datasets[name] = SuiteDataset(name=name, loaded=there, draws=draws, digest=_digest(there, draws))
    return datasets, missing


def _perturbations(loaded: Loaded) -> pl.Series:
    """Return the clusters of a dataset's queries, in the order in which they are numbered."""
    return loaded.split.queries["perturbation"].unique().sort()


def _digest(loaded: Loaded, draws: Draws) -> str:
    content = hashlib.sha256(loaded.digest.encode())
    content.update(loaded.split.queries.write_csv().encode())
    content.update(draws.weights.tobytes())
    return content.hexdigest()

"""Fixed sets of values that options, records and tables hold, each defined once.

Imports nothing of this project, so that ``--help`` and shell completion know the values without loading it.
``typing.get_args`` gives the values as a tuple.
"""

from __future__ import annotations

from typing import Literal

Question = Literal["de", "dir"]
"""``de``: is the gene differentially expressed? ``dir``: among those that are, is it up?"""

AtOnce = Literal["both"]
"""Questions that one prompt asks together: does the gene change, and does it go up?"""

FoldChangeSpace = Literal["linear", "log2", "ln"]
"""What a fold change is: a ratio, or its logarithm to the base of 2 or of e."""

Preset = Literal["banded", "simple"]
"""Thresholds of labels by name: see :mod:`core_harness.data.labels.rule`."""

Negatives = Literal["check", "trust", "leave-out"]
"""What is done with rows that are not significant where a table seems not to list all that was tested."""

CellTest = Literal["wilcoxon", "pseudobulk"]
"""How perturbed cells are compared with controls: cell by cell, or as sums of counts by batch."""

Halves = Literal["cells", "batch"]
"""What is divided in two where one half of a screen repeats the other: the cells, or whole batches."""

Agent = Literal["knockdown", "drug"]
"""What a perturbation is."""

Naming = Literal["approved", "written", "mouse-as-human"]
"""What rows of a table are called: by the one name of all spellings of a gene; as they are written; or by the
first, with symbols of mouse genes taken for their human orthologs or, without, for the same letters."""

Species = Literal["human", "mouse"]
"""Whose genes a table names; those of mice are called by their human orthologs, which the graph knows."""

Regime = Literal["unseen-perturbation", "cross-context", "unseen-context", "unseen-both", "unseen-gene"]
"""What of a query methods have not seen: see :mod:`core_harness.data.splits`."""

Undeclared = Literal["undeclared"]
"""The regime of predictions made elsewhere, where it is not known what they learnt from."""

Beyond = Literal["potency", "unlisted pairs"]
"""What scores may rest on beside measured pairs of the same gene; a method that uses it says so.

``potency``: how strong perturbations are, over all genes. ``unlisted pairs``: which pairs data do not list.
"""

StrategyStage = Literal["retriever", "organizer", "aggregator"]
"""Where a strategy chooses; dataset and model are the user's choice."""

Only = Literal["evaluable"]
"""The part of a dataset that is asked about: genes with both classes."""

PredictedFormat = Literal["long", "up-down", "wide", "pie", "cells", "de-table"]
"""Formats of predictions that were made elsewhere: see :mod:`core_harness.data.predicted`."""

Control = Literal[
    "shuffled-labels",
    "shuffled-listing",
    "random-neighbours",
    "positives-only",
    "negatives-only",
    "swapped-perturbation",
    "swapped-context",
    "anonymised-names",
]
"""What a run breaks on purpose: see :mod:`core_harness.evidence.controls`."""

Choice = Literal["significant", "best"]
"""When ``tune`` takes a setting in place of the present one: see :mod:`core_harness.analysis.tuning`."""

ExecutorName = Literal["sequential", "loky", "dask"]
"""Where cells of a sweep are run that ask no model: see :mod:`core_harness.suites.executors`."""

LIMITS = ("max_calls", "max_tokens", "max_cost")
"""Settings that limit what is spent on a model."""

ScriptedName = Literal["always-plausible", "follows-evidence", "ignores-evidence", "position-biased"]
"""Scripted models of the test server: see :mod:`core_harness.testing.scripted`."""

Fault = Literal[
    "429",
    "500",
    "502-html",
    "truncated",
    "reset",
    "redirect",
    "hang",
    "empty",
    "no-choices",
    "bad-structure",
    "cut-off",
    "400",
    "401",
    "404",
]
"""Faults of the test server: see :mod:`core_harness.testing.faults`."""

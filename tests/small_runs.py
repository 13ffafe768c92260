"""Small runs on the simulated world, made by the program itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from core_harness import evaluate
from core_harness.runs.folder import Run, open_run

SMALL = {"dataset": {"perturbations": 150, "genes": 40, "modules": 8, "sparsity": 0.3}}


def made(out: Path, strategies: Sequence[str] = ("gene-frequency", "voting"), **choices: Any) -> list[Run]:
    """Evaluate strategies on a small simulated world and return their runs."""
    choices.setdefault("parameters", SMALL)
    results = evaluate("simulated", strategies, out=out, **choices)
    return [open_run(result.run) for result in results if result.run is not None]


def rewrite(run: Run, predictions: pl.DataFrame | None = None, **changes: Any) -> Run:
    """Change a run folder together with its digests, and open it again."""
    change(run, predictions, **changes)
    return open_run(run.folder)


def change(run: Run, predictions: pl.DataFrame | None = None, **changes: Any) -> None:
    """Change a run folder as :func:`rewrite` does, perhaps into one that cannot be opened."""
    path = run.folder / "predictions.parquet"
    if predictions is not None:
        predictions.write_parquet(path)
        changes["predictions_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    changed = _changed(run.manifest.as_json(), changes)
    (run.folder / "run.json").write_text(json.dumps(changed), encoding="utf-8")


def _changed(content: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return content with changes, object by object."""
    inner = {
        key: _changed(content[key], value)
        for key, value in changes.items()
        if isinstance(value, Mapping) and isinstance(content.get(key), Mapping)
    }
    return {**content, **changes, **inner}

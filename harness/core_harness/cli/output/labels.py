"""Labels that were made, as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.text import plain

if TYPE_CHECKING:
    from core_harness.data.labels.manifest import LabelManifest

_FOLLOW = 10
"""Files that are shown one by one."""


def print_labels(manifest: LabelManifest, output: Path) -> None:
    """Print what is in a table of labels, what is not, and what it was made from."""
    from core_harness.data.labels.manifest import manifest_path

    counts = manifest.counts
    lines = [
        f"{output}: {_listed(counts.labels)}; prevalence {counts.prevalence:.3f}",
        f"{counts.perturbations:,} perturbations, {counts.genes:,} genes, {counts.contexts:,} contexts",
    ]
    if counts.splits:
        lines.append(
            f"split by {manifest.request.split}, seed {manifest.request.seed}: {_listed(counts.splits)}"
        )
    if counts.ambiguous:
        lines.append(f"ambiguous: {_listed(counts.ambiguous)}")
    if counts.left_out:
        lines.append(f"left out: {_listed(counts.left_out)}")
    for source in manifest.files[:_FOLLOW]:
        read = ", ".join(f"{role} {column or 'first column'}" for role, column in source.columns.items())
        lines.append(f"{source.path}: {source.rows:,} rows of {source.tool} ({read})")
    if len(manifest.files) > _FOLLOW:
        lines.append(f"and {len(manifest.files) - _FOLLOW:,} files more")
    if (repeated := manifest.repeated) is not None:
        draws = f", {repeated.draws} draws" if repeated.draws > 1 else ""
        lines.append(
            f"repeated by {repeated.by}{draws}: {repeated.pairs:,} of {repeated.asked:,} pairs; `audit` and "
            "`report` say where a method stands"
        )
    lines += [f"note: {note}" for note in manifest.notes]
    lines.append(f"made again by: core-harness data label --again {manifest_path(output)}")
    for line in lines:
        click.echo(plain(line))


def _listed(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in numbers.items())

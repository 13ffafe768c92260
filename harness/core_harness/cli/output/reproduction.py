"""Whether a run that was made again came out the same, printed."""

from __future__ import annotations

import click

from core_harness.evaluation.reproducing import Reproduction
from core_harness.text import plain


def print_reproduction(found: Reproduction) -> None:
    """Print the verdict, and what differs, one line each."""
    click.echo(plain(f"{found.run}: {_verdict(found)}"))
    if found.not_asked:
        click.echo(f"  {found.not_asked:,} prompts have no answer on this machine; --max-calls allows to ask")
    for line in found.record:
        click.echo(plain(f"  {line}"))
    if not found.same_bytes and not found.record and not found.not_asked:
        click.echo("  the records are the same, so what differs is in none: the processor, say")


def _verdict(found: Reproduction) -> str:
    if found.same_bytes:
        return f"the same predictions, byte by byte ({found.pairs:,} pairs)"
    if not found.differing:
        return f"the same predictions ({found.pairs:,} pairs), in a file of other bytes"
    by = "" if found.largest is None else f", scores by up to {found.largest:.3g}"
    return f"other predictions: {found.differing:,} of {found.pairs:,} pairs differ{by}"

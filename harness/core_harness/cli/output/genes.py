"""How a run's AUROC is spread over genes."""

from __future__ import annotations

from collections.abc import Sequence

from core_harness.cli.output.plots import bar
from core_harness.cli.output.tables import as_table, stdout

_BARS = 10
_WIDTH = 40


def print_genes(counts: Sequence[int]) -> None:
    """Print the number of genes by AUROC; ``counts`` are those of equal bins from 0 to 1."""
    console = stdout()
    step = len(counts) // _BARS
    bars = [sum(counts[at * step : (at + 1) * step]) for at in range(_BARS)]
    most = max(*bars, 1)
    console.print()
    console.print(
        as_table(
            [
                {
                    "AUROC of the gene": f"{at / _BARS:.1f} to {(at + 1) / _BARS:.1f}",
                    "genes": f"{count:,}",
                    "": bar(count / most, width=_WIDTH, ascii_only=console.options.ascii_only),
                }
                for at, count in enumerate(bars)
            ]
        )
    )

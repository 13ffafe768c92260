"""How a run's AUROC is spread over genes."""

from __future__ import annotations

from core_harness.catalog import catalog
from core_harness.cli.plots import bar
from core_harness.cli.tables import as_table, printable, stdout
from core_harness.errors import HarnessError
from core_harness.metrics.by_segment import genes_by_auroc
from core_harness.runs import Run
from core_harness.truth import Datasets, score

_BARS = 10
_WIDTH = 40


def print_genes(run: Run) -> None:
    """Print the number of genes by AUROC; where the run cannot be set against the truth, say why."""
    console = stdout()
    try:
        counts = genes_by_auroc(score(run, Datasets(catalog())).repeats)
    except HarnessError as error:
        console.print(f"[dim]genes by AUROC are not shown: {printable(str(error))}[/dim]", soft_wrap=True)
        return
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

"""Write the overview of metrics from their catalog: ``python docs/make_metrics.py``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from core_harness.metrics import METRICS, Metric

PAGE = Path(__file__).parent / "metrics.md"
BEGIN, END = "<!-- written by docs/make_metrics.py -->\n", "<!-- end -->\n"


def catalog() -> str:
    """Return the table, one row a metric."""
    return "".join(f"{line}\n" for line in _lines())


def with_catalog(page: str) -> str:
    """Return the page with the table between its marks."""
    return re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}{catalog()}{END}", page, count=1, flags=re.DOTALL)


def _lines() -> Iterator[str]:
    yield "| key | shown as | group | better | range | chance | needs |"
    yield "|---|---|---|---|---|---|---|"
    for metric in METRICS.values():
        cells = (
            f"`{metric.name}`",
            metric.label,
            metric.group,
            _better(metric),
            " to ".join(_number(end) for end in metric.range),
            "" if metric.chance is None else _number(metric.chance),
            ", ".join(need for need in ("labels", "answers", "probabilities") if need in metric.needs),
        )
        yield f"| {' | '.join(cells)} |"


def _better(metric: Metric) -> str:
    if isinstance(metric.direction, float):
        return f"nearer to {_number(metric.direction)}"
    return {"higher": "higher", "lower": "lower", "descriptive": "neither, it describes"}[metric.direction]


def _number(value: float) -> str:
    return f"{value:g}".replace("0.", ".").replace("inf", "∞")


if __name__ == "__main__":
    PAGE.write_text(with_catalog(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

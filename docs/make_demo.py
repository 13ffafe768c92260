"""Write what a real model came to into its page: ``python docs/make_demo.py``.

``core-harness demo --model smollm2 --json > docs/real-model.json`` makes the figures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core_harness.testing.real_model import PARTS
from core_harness.text import figure, number, share

PAGE = Path(__file__).parent / "real-model.md"
RESULTS = Path(__file__).parent / "real-model.json"
BEGIN, END = "<!-- written by docs/make_demo.py -->\n", "<!-- end -->\n"
TITLES = (
    "strategy",
    "control",
    "what it is there to show",
    "macro-per-gene AUROC [95 %]",
    "says yes",
    "truth",
    "answer mass",
    "answered",
)


def with_results(page: str) -> str:
    """Return the page with the saved figures between its marks."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    text = "".join(f"{line}\n" for line in _lines(found))
    return re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}{text}{END}", page, count=1, flags=re.DOTALL)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    first = found["scenes"][0]
    yield (
        f"`{found['model']}` on `{found['dataset']}`, seed {found['seed']}: **{first['pairs']:,} pairs** "
        f"(`--limit {found['limit']}`) of {first['macro_gene_auroc']['genes']:,} genes with both classes; "
        f"intervals from {found['resamples']:,} resamples of {found['perturbations']:,} perturbations; "
        "controls with one seed."
    )
    yield ""
    yield f"| {' | '.join(TITLES)} |"
    yield "|---" * len(TITLES) + "|"
    scenes = {(scene["strategy"], scene["control"]): scene for scene in found["scenes"]}
    for strategy, control, shows in PARTS:
        what = (f"`{strategy}`", f"`{control}`" if control else "", shows)
        scene = scenes.get((strategy, control))
        yield f"| {' | '.join((*what, *_figures(scene)))} |"
    yield ""
    yield from (f"- {sentence}" for sentence in found["sentences"])


def _figures(scene: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the cells of a part; one that was not asked, or not to its end, is marked."""
    if scene is None or scene["ended"]:
        return ("not measured", *[""] * 4)
    return (
        figure(scene["macro_gene_auroc"]),
        share(scene["yes"]),
        share(scene["truth"]),
        number(scene["mass"]),
        share(scene["answered"]),
    )


if __name__ == "__main__":
    PAGE.write_text(with_results(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

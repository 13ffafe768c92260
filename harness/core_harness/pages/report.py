"""``report()``: runs on one self-contained page, for the person who made them."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core_harness.analysis.charts import Chart, comparison_charts
from core_harness.analysis.compare import Comparison, compare
from core_harness.errors import HarnessError, RunError, UsageError
from core_harness.evaluation.result import AnyRun, load_run
from core_harness.evaluation.session import Session
from core_harness.evaluation.verdict import verdict
from core_harness.metrics.catalog import LABELS
from core_harness.pages.engine import asset, environment
from core_harness.pages.prompts import MOST_CHARACTERS
from core_harness.pages.section import RunSection, section_of
from core_harness.runs.folder import Run
from core_harness.runs.reading import read_bytes
from core_harness.runs.writing import write_whole
from core_harness.text import heading

HEADLINE = ("macro_gene_auroc", "pooled_auroc", "ece")
"""Metrics of the table of all runs; each run has the others below."""


GENERATOR = "core-harness report"
"""By which a page is known as one of ours."""
_MOST_BYTES = 1 << 28
"""Of an earlier page; pages are limited to a tenth of it."""
_HEAD = 1024
"""Bytes at the beginning of a page that say what made it."""


@dataclass(frozen=True)
class Report:
    """A page about runs; in a notebook it is shown as it is."""

    html: str

    def write(self, path: Path) -> None:
        """Write the page, whole or not at all; what is no earlier page is not replaced.

        Raises :class:`~core_harness.errors.UsageError`.
        """
        try:
            _check_replaceable(path)
            write_whole(path, self.html.encode())
        except (RunError, OSError) as error:
            raise UsageError(f"{error}; name another file with --out") from None

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, so that neither it nor the notebook changes the other."""
        return (
            '<iframe title="Report" sandbox="allow-scripts" style="width: 100%; height: 48rem; border: 0" '
            f'srcdoc="{html.escape(self.html)}"></iframe>'
        )


def _check_replaceable(path: Path) -> None:
    """Raise RunError for what is no earlier page: a device, a link, a file of something else."""
    if not path.exists() and not path.is_symlink():
        return
    with suppress(RunError):
        if f'content="{GENERATOR}"'.encode() in read_bytes(path, most=_MOST_BYTES)[:_HEAD]:
            return
    raise RunError(f"{path} exists and is no report of core-harness")


def report(runs: Sequence[AnyRun], session: Session | None = None) -> Report:
    """Return a page about runs: verdict, figures, comparison, pictures, strata, evidence, prompts.

    Parameters
    ----------
    runs
        Results that were written, runs that are open, or run folders, in the order of the page. What cannot
        be shown of one, because it did not end or its dataset is not here, is said on the page.
    session
        Where datasets and the graph are loaded; None makes one.

    Raises
    ------
    RunError
        A path is no run folder.
    UsageError
        There is no run.
    """
    if not runs:
        raise UsageError("a report needs at least one run; `core-harness runs list` shows them")
    session = session or Session()
    opened = [load_run(run) for run in runs]
    most = MOST_CHARACTERS // len(opened)
    sections = [section_of(run, session, most=most) for run in opened]
    judged = [section.result for section in sections if section.result is not None]
    comparison, why_not = _comparison(opened, sections, session)
    style, script = asset("page.css") + asset("report.css"), asset("report.js")
    return Report(
        environment()
        .get_template("report.html")
        .render(
            generator=GENERATOR,
            title=_title(sections),
            sections=sections,
            verdicts=_verdicts(judged),
            simulated=sorted({part for section in sections for part in section.manifest.simulated}),
            headline={name: LABELS[name] for name in HEADLINE},
            comparison=comparison,
            comparison_charts=_pictures(comparison),
            why_not=why_not,
            style=style,
            script=script,
            style_digest=_digest(style),
            script_digest=_digest(script),
        )
    )


def _title(sections: Sequence[RunSection]) -> str:
    methods = dict.fromkeys(section.manifest.method.name for section in sections)
    datasets = dict.fromkeys(section.manifest.task.dataset for section in sections)
    return f"{', '.join(methods)} on {', '.join(datasets)}"


def _verdicts(results: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return one sentence for the results of each question, by the question."""
    asked: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        asked.setdefault(heading(result), []).append(result)
    return {question: verdict(same) for question, same in asked.items()}


def _comparison(
    runs: Sequence[Run], sections: Sequence[RunSection], session: Session
) -> tuple[Comparison | None, str]:
    """Return the comparison of the runs that have figures, or why there is none."""
    ended = [run for run, section in zip(runs, sections, strict=True) if section.result is not None]
    if len(ended) < 2:
        return None, ""
    try:
        return compare(ended, session, resamples=session.resamples), ""
    except HarnessError as error:
        return None, str(error)


def _pictures(comparison: Comparison | None) -> list[Chart]:
    return [] if comparison is None else comparison_charts(comparison)


def _digest(text: str) -> str:
    """Return what a content security policy calls an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

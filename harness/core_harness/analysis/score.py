"""``score_file()``: predictions made elsewhere, under the conventions of this program.

Pairs that the file does not have, or has without a finite score, are unanswered: they are left out of
the metrics and counted. Of scores that a file gives twice for a pair the mean counts.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from core_harness.analysis.audit.verdict import CHANCE
from core_harness.data.tables import read_predictions
from core_harness.errors import DataError
from core_harness.evaluation import pipeline
from core_harness.evaluation.result import Result
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.metrics.by_segment import ties
from core_harness.metrics.segments import GENE
from core_harness.runs.folder import new_run
from core_harness.runs.manifest import Manifest, MethodReference, PredictionsFile, versions_of

MISSING = "missing"
"""Status of an asked pair that the file does not have."""
NO_SCORE = "no_score"
"""Status of an asked pair whose score is left out, NaN or infinite."""

_PAIR = ["context", "perturbation", "gene"]


@dataclass(frozen=True, kw_only=True)
class Received:
    """What a file of predictions had, and what it did not.

    Attributes
    ----------
    rows
        Predictions in the file.
    asked, scored
        Pairs of the dataset's test split, and those of them that got a finite score.
    missing, no_score
        Asked pairs that the file does not have, and that it has without a finite score.
    not_asked
        Predictions about pairs that are not in the test split.
    other_case
        Those of them that name a pair of the test split in other letters' case.
    doubled, contradicted
        Asked pairs with several predictions, and those of them with different finite scores.
    distinct
        Different scores of asked pairs.
    tied
        Share of the contrasts of a positive with a negative of its gene in which both score the same;
        None where there is no contrast.
    probabilities
        Whether all scores lie in [0, 1]; calibration is not defined where they do not.
    """

    rows: int
    asked: int
    scored: int
    missing: int
    no_score: int
    not_asked: int
    other_case: int
    doubled: int
    contradicted: int
    distinct: int
    tied: float | None
    probabilities: bool

    def sentences(self) -> list[str]:
        """Return what a person should know about the file, most important first."""
        said = {
            f"{self.missing:,} of the {self.asked:,} asked pairs are not in the file": self.missing,
            f"{self.no_score:,} asked pairs have no finite score": self.no_score,
            f"{self.doubled:,} asked pairs stand there more than once, {self.contradicted:,} of them with "
            "different scores, of which the mean counts": self.doubled,
            f"{self.not_asked:,} of the {self.rows:,} predictions are about other pairs": self.not_asked,
            f"{self.other_case:,} of these name asked pairs in another case of letters, and are not taken "
            "for them; write names as the dataset has them": self.other_case,
            "all scores are the same": self.distinct == 1,
            f"{self.tied or 0:.0%} of the contrasts within genes are ties, and each counts half": self.tied,
            "scores lie outside of [0, 1]: what needs probabilities is not defined": not self.probabilities,
        }
        return [f"{sentence}." for sentence, holds in said.items() if holds]


@dataclass(frozen=True, kw_only=True)
class ScoredFile:
    """A result as :func:`~core_harness.evaluate` gives it, and what the file had."""

    result: Result
    received: Received

    def sentences(self) -> list[str]:
        """Return what a person should know about the file, scores that are upside down first."""
        gene = self.result.report.metrics["macro_gene_auroc"]
        turned = gene.value is not None and gene.high is not None and gene.high < CHANCE
        said = f"1 - score would give {1 - (gene.value or 0):.3f} within genes: are these p-values?"
        return [*([said] if turned else []), *self.received.sentences()]

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it; its keys are stable."""
        return {**self.result.as_dict(), "received": asdict(self.received)}


def score_file(
    path: Path,
    spec: RunSpec,
    session: Session,
    *,
    name: str | None = None,
    out: Path | None = None,
) -> ScoredFile:
    """Score the predictions of a file.

    Parameters
    ----------
    path
        See :func:`core_harness.data.tables.read_predictions`.
    spec
        Which dataset, and in which regime the predictions were made; without a regime it is
        ``undeclared``. Strategies are not looked at.
    session
        Where the dataset is loaded.
    name
        What the method is called; the file's name where None.
    out
        Folder below which the run gets a folder of its own; None writes nothing.

    Raises
    ------
    HarnessError
        One line for whatever the caller can mend; a file none of whose predictions is asked is a
        :class:`~core_harness.errors.DataError`.
    """
    loaded = session.load(spec)
    task = loaded.task
    if spec.regime is None and not spec.support_contexts:
        task = replace(task, regime="undeclared")
    table = read_predictions(path, question=task.question)
    answers, received = _answers(table, loaded.split.queries, path)
    received = replace(received, tied=ties(answers.join(loaded.split.truth, on="pair_id"), GENE))
    predictions = answers.select("pair_id", "score", "status")
    result = Result.of(
        task=task,
        spec=spec,
        method=MethodReference(label=name or path.stem),
        report=pipeline.score(loaded.split, predictions, seed=spec.seed),
        predictions=answers,
    )
    if out is None:
        return ScoredFile(result=result, received=received)
    manifest = Manifest(
        task=task,
        part=spec.part,
        method=result.method,
        dataset=loaded.dataset.reference,
        dataset_sha256=loaded.digest,
        file=PredictionsFile(
            name=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), **asdict(received)
        ),
        packages=versions_of("core-harness", "numpy", "polars", "scipy"),
    )
    with new_run(out, manifest) as writer:
        run = writer.finish(answers, result.report.as_dict(), None)
    return ScoredFile(result=replace(result, run=run.folder), received=received)


def _answers(table: pl.DataFrame, queries: pl.DataFrame, path: Path) -> tuple[pl.DataFrame, Received]:
    """Return the queries with ``score`` and ``status``, and what the file had."""
    contexts = queries["context"].unique().sort().to_list()
    if table["context"].null_count() and len(contexts) > 1:
        raise DataError(
            f"{path} has no column 'context', and the dataset has {len(contexts)} contexts "
            f"({', '.join(contexts)}); add it"
        )
    named = table.with_columns(pl.col("context").fill_null(contexts[0]))
    asked = named.join(queries, on=_PAIR, how="semi")
    others = named.join(queries, on=_PAIR, how="anti")
    lower = [pl.col(name).str.to_lowercase() for name in _PAIR]
    other_case = others.select(lower).join(queries.select(lower), on=_PAIR, how="semi").height
    if asked.is_empty():
        first = named.row(0, named=True)
        case = f" ({other_case:,} would be, in another case of letters)" if other_case else ""
        raise DataError(
            f"{path}: none of the {table.height:,} predictions is about a test pair of the dataset{case}; "
            f"the first is {first['perturbation']} and {first['gene']} in {first['context']}"
        )
    finite = pl.col("score").filter(pl.col("score").is_finite())
    pairs = asked.group_by(_PAIR).agg(
        pl.len().alias("times"), finite.n_unique().alias("values"), finite.sort().mean().alias("score")
    )
    status = (
        pl.when(pl.col("times").is_null())
        .then(pl.lit(MISSING))
        .when(pl.col("score").is_null())
        .then(pl.lit(NO_SCORE))
        .otherwise(pl.lit("ok"))
    )
    answers = queries.join(pairs, on=_PAIR, how="left", maintain_order="left").with_columns(status=status)
    statuses = answers["status"].value_counts()
    number = dict(statuses.iter_rows())
    scores = answers["score"].drop_nulls()
    received = Received(
        rows=table.height,
        asked=answers.height,
        scored=len(scores),
        missing=number.get(MISSING, 0),
        no_score=number.get(NO_SCORE, 0),
        not_asked=others.height,
        other_case=other_case,
        doubled=pairs.filter(pl.col("times") > 1).height,
        contradicted=pairs.filter(pl.col("values") > 1).height,
        distinct=scores.n_unique(),
        tied=None,
        probabilities=scores.is_between(0, 1).all(),
    )
    return answers.select(*queries.columns, "score", "status"), received

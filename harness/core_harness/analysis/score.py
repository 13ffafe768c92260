"""``score()``: predictions made elsewhere, under the conventions of this program.

Pairs that the file does not have, or has without a finite score, are unanswered: they are left out of
the metrics and counted. Of scores that a file gives twice for a pair the mean counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from core_harness.analysis import training
from core_harness.analysis.audit.verdict import CHANCE
from core_harness.data.predicted import Predictions, read_predictions
from core_harness.data.tables import match_names
from core_harness.data.tables.reading import shown
from core_harness.errors import DataError
from core_harness.evaluation import pipeline
from core_harness.evaluation.result import Result
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.metrics.by_segment import ties
from core_harness.metrics.segments import GENE
from core_harness.runs.folder import new_run
from core_harness.runs.handed_in import PredictionsFile
from core_harness.runs.manifest import Manifest, MethodReference, versions_of
from core_harness.sections import InSections, Section
from core_harness.vocabulary import PredictedFormat, Regime

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
class ScoredFile(InSections):
    """A result as :func:`~core_harness.evaluate` gives it, and what the file had."""

    result: Result
    received: Received

    def sections(self) -> Iterator[Section]:
        """Return what ``core-harness score`` prints."""
        return chain(self.result.sections(), [Section(sentences=self.sentences())])

    def sentences(self) -> list[str]:
        """Return what a person should know about the file, scores that are upside down first."""
        gene = self.result.report.metrics["macro_gene_auroc"]
        turned = gene.value is not None and gene.high is not None and gene.high < CHANCE
        said = f"1 - score would give {1 - (gene.value or 0):.3f} within genes: are these p-values?"
        return [*([said] if turned else []), *self.received.sentences()]

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it; its keys are stable."""
        return {**self.result.as_dict(), "received": asdict(self.received)}


def score(
    file: Path | str,
    dataset: str,
    *,
    form: PredictedFormat | None = None,
    name: str | None = None,
    regime: Regime | None = None,
    support_contexts: Sequence[str] = (),
    trained_on: Path | str | None = None,
    parameters: Mapping[Any, Mapping[str, Any]] | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    session: Session | None = None,
) -> ScoredFile:
    """Score the predictions of a file against a dataset, as ``core-harness score`` does.

    Parameters
    ----------
    file
        Pairs with a score each, in any format of :func:`core_harness.data.predicted.read_predictions`.
    dataset, parameters
        Name of the dataset as :func:`~core_harness.evaluate` takes it, and its parameters by stage.
    form, name
        Format of the file, and name of the method; None recognises the one, and takes that of the file.
    regime, support_contexts, trained_on
        What the method has not seen of a pair, from which other contexts it learnt, and the table of
        (context, perturbation) pairs that it was trained on (``"train"`` for the dataset's train split).
    seed
        Of the bootstrap.
    out
        Folder below which the run gets a folder of its own; None writes nothing.
    session
        Where the dataset is loaded; None makes one.

    Raises
    ------
    HarnessError
        One line for whatever the caller can mend, as in :func:`score_file`.
    """
    spec = RunSpec(
        dataset=dataset,
        parameters=parameters or {},
        regime=regime,
        support_contexts=support_contexts,
        seed=seed,
    )
    return score_file(
        Path(file),
        spec,
        session or Session(),
        form=form,
        name=name,
        trained=None if trained_on is None else str(trained_on),
        out=None if out is None else Path(out),
    )


def score_file(
    path: Path,
    spec: RunSpec,
    session: Session,
    *,
    form: PredictedFormat | None = None,
    name: str | None = None,
    trained: str | None = None,
    out: Path | None = None,
) -> ScoredFile:
    """Score the predictions of a file against the dataset of a spec.

    Parameters
    ----------
    path
        See :func:`core_harness.data.predicted.read_predictions`.
    spec
        Which dataset, and in which regime the predictions were made; without a regime it is
        ``undeclared``. Strategies are not looked at.
    session
        Where the dataset is loaded; its ``notice`` gets a line on what was recognised.
    form
        Format of the file, which is else recognised.
    name
        What the method is called; the file's name where None.
    trained
        What the method was trained on (:func:`~core_harness.analysis.training.trained_on`), from which the
        regime follows; None declares nothing, and boards do not rank the run.
    out
        Folder below which the run gets a folder of its own; None writes nothing.

    Raises
    ------
    HarnessError
        One line for whatever the caller can mend; a file none of whose predictions is asked is a
        :class:`~core_harness.errors.DataError`.
    """
    known = None if trained is None else training.trained_on(trained, spec, session)
    spec, loaded = (spec, session.load(spec)) if known is None else (known.spec, known.loaded)
    task = loaded.task
    if known is None and spec.regime is None and not spec.support_contexts:
        task = replace(task, regime="undeclared")
    predicted = read_predictions(path, queries=loaded.split.queries, question=task.question, form=form)
    frame, notes = match_names(predicted.frame, loaded.rows, agent=task.agent)
    predicted = replace(predicted, frame=frame)
    for said in (predicted.said, *notes, *_other_cases(frame, _contexts(loaded.split.queries))):
        session.notice(f"{path.name}: {said}")
    answers, received = _answers(predicted, loaded.split.queries, path)
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
            name=path.name,
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            trained_on=None if known is None else known.record,
            **{"format": predicted.format, **asdict(received)},
        ),
        packages=versions_of("core-harness", "numpy", "polars", "scipy"),
    )
    with new_run(out, manifest) as writer:
        run = writer.finish(answers, result.report.as_dict(), None)
    return ScoredFile(result=replace(result, run=run.folder), received=received)


def _answers(predicted: Predictions, queries: pl.DataFrame, path: Path) -> tuple[pl.DataFrame, Received]:
    """Return the queries with ``score`` and ``status``, and what the file had."""
    table = predicted.frame
    contexts = _contexts(queries)
    if table["context"].null_count() and len(contexts) > 1:
        raise DataError(
            f"{path} has no column 'context', and the dataset has {len(contexts)} contexts "
            f"({', '.join(contexts)}); add it"
        )
    known = training.contexts_in_any_case(contexts)
    context = pl.col("context").fill_null(contexts[0])
    context = context.str.to_lowercase().replace_strict(known, default=context, return_dtype=pl.String)
    named = table.with_columns(context)
    asked = named.join(queries, on=_PAIR, how="semi")
    others = named.join(queries, on=_PAIR, how="anti")
    lower = [pl.col(name).str.to_lowercase() for name in _PAIR]
    other_case = others.select(lower).join(queries.select(lower), on=_PAIR, how="semi").height
    if asked.is_empty():
        case = f" ({other_case:,} would be, in another case of letters)" if other_case else ""
        first = (f"{row[1]} and {row[2]} in {row[0]}" for row in named.select(_PAIR).head(1).rows())
        raise DataError(
            f"{path}: none of the {predicted.rows:,} predictions is about a test pair of the dataset"
            f"{case}{''.join(f'; the first is {pair}' for pair in first)}"
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
        rows=predicted.rows,
        asked=answers.height,
        scored=len(scores),
        missing=number.get(MISSING, 0),
        no_score=number.get(NO_SCORE, 0),
        not_asked=predicted.rows - asked.height,
        other_case=other_case,
        doubled=pairs.filter(pl.col("times") > 1).height,
        contradicted=pairs.filter(pl.col("values") > 1).height,
        distinct=scores.n_unique(),
        tied=None,
        probabilities=scores.is_between(0, 1).all(),
    )
    return answers.select(*queries.columns, "score", "status"), received


def _contexts(queries: pl.DataFrame) -> list[str]:
    return queries["context"].unique().sort().to_list()


def _other_cases(table: pl.DataFrame, contexts: Sequence[str]) -> list[str]:
    """Return a sentence for each context of a file that is one of the dataset in another case of letters."""
    known = training.contexts_in_any_case(contexts)
    written = table["context"].unique().drop_nulls().sort()
    meant = {name: known.get(name.lower(), name) for name in written}
    return [f"context {shown(name)} is read as {shown(one)}" for name, one in meant.items() if name != one]

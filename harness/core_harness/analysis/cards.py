"""Evidence cards: one prediction explained, by who spoke for it and what would turn it around."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from core_harness.analysis.card_sections import sections
from core_harness.data.rates import gene_rate_of, prevalence_of
from core_harness.evaluation import pipeline
from core_harness.evaluation.methods import Method
from core_harness.evaluation.pipeline import predict
from core_harness.evaluation.shown import Shown
from core_harness.evidence.evidence import Evidence
from core_harness.llm import PROMPTS
from core_harness.llm.answers import ANSWERS, answering, parse_replies
from core_harness.plugins.guard import call
from core_harness.plugins.protocols import Explains, LearningAggregator
from core_harness.schemas import EVIDENCE, Block, Schema, Task, simulated_parts
from core_harness.sections import InSections, Section

_SELECTIONS: Schema = {"copy": pl.UInt32, "at": pl.List(pl.UInt32)}
_TRIED = 100
"""Voters, the strongest first, without whom a card tries what the score would be."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Which pair a card is about; ``context`` may be None where the data have one only."""

    perturbation: str
    gene: str
    context: str | None = None


@dataclass(frozen=True, kw_only=True)
class Voter:
    """A row of evidence.

    Attributes
    ----------
    neighbour, context, gene, label
        What was measured; label 1 says that the gene was moved, or went up.
    weight
        Of the relation, after a model's grade if there was one.
    layers
        What each layer of the graph alone says of the relation; empty where the retriever does not say.
    direct
        The part of the weight that is the neighbour's own relation to the query; None where the method does
        not say, which is usually all.
    via
        The relative of the query through whom most of the rest came; None where the relation is more.
    because
        Why it votes, in words: through whom, and what each layer of the graph alone says.
    without
        The score if this row were not there; None where that was not tried.
    """

    neighbour: str
    context: str
    gene: str
    label: int
    weight: float
    layers: dict[str, float]
    direct: float | None
    via: str | None
    because: str
    without: float | None


@dataclass(frozen=True, kw_only=True)
class Vote:
    """What one vote says of the pair, where the method weighs several: by layer, by other genes, and so on.

    Attributes
    ----------
    name
        As the method names it.
    weight
        That the method gives it.
    value
        On this pair; what it adds to the sum is ``weight * value``.
    """

    name: str
    weight: float
    value: float


@dataclass(frozen=True, kw_only=True)
class AskedPrompt:
    """A prompt that bears on the pair, with what was answered.

    ``text`` is the reply as it came, ``value`` and ``status`` what was read in it about the pair; for
    grades, which are about neighbours, ``value`` is None. ``text`` is None where there is no reply.
    """

    sample: int
    form: str
    system: str
    user: str
    text: str | None
    value: float | None
    status: str


@dataclass(frozen=True, kw_only=True)
class Card(InSections):
    """Everything behind one score.

    Attributes
    ----------
    task, method, model, control
        Of what the score is a prediction, and by whom.
    pair
        With its context.
    score, status
        As the method predicts; None where it has no score, or was not asked for one.
    gene_rate, prevalence
        What would be said without knowing the perturbation, or without knowing either.
    measured
        Rows of the support about the gene, in the pair's context.
    voters
        The evidence, strongest first.
    votes
        What the score is made of, the heaviest first, where the method weighs votes (:class:`Explains
        <core_harness.plugins.protocols.Explains>`); else empty.
    asked
        Prompts about the pair, and their answers.
    flip
        Neighbours without whom the score would be on the other side of the gene's rate: the fewest that
        were found, going by their pull. None where the score is not one of evidence alone, where the
        method learns, or where no rows would do.
    simulated
        What a program made up: ``data``, ``answers``, both or nothing.
    """

    task: Task
    method: str
    model: str | None
    control: str | None
    pair: Pair
    score: float | None
    status: str
    gene_rate: float
    prevalence: float
    measured: int
    voters: Sequence[Voter]
    votes: Sequence[Vote]
    asked: Sequence[AskedPrompt]
    flip: Sequence[str] | None
    simulated: Sequence[str]

    def sections(self) -> Iterator[Section]:
        """Return what ``core-harness explain`` prints."""
        return sections(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the card in plain types, fit for JSON."""
        return asdict(self)


def make_card(
    method: Method,
    shown: Shown,
    pair_id: int,
    *,
    replies: pl.DataFrame | None,
    scored: tuple[float | None, str] | None,
    control: str | None = None,
) -> Card:
    """Return the card of one pair.

    Parameters
    ----------
    method, shown
        A method, and what it was shown about this pair, perhaps among others.
    pair_id
        Of the pair.
    replies
        :data:`~core_harness.llm.REPLIES` to :func:`prompts_about` the pair; None where no model was asked.
    scored
        Score and status, as they were predicted; None predicts now.
    control
        What was broken on purpose.

    Raises
    ------
    KeyError
        The method was shown nothing about this pair.
    """
    prompts = prompts_about(method, shown, pair_id)
    answers = pl.DataFrame(schema=dict(ANSWERS)) if replies is None else parse_replies(prompts, replies)
    weighed = pipeline.weigh(method, shown, answers)
    evidence = _block_with(weighed, pair_id).about(pl.col("pair_id") == pair_id)
    task = shown.task
    if scored is None:
        scored = predict(method, task, [evidence], answers).select("score", "status").row(0)
    score, status = scored
    (names,) = evidence.pairs.select("perturbation", "gene", "context").to_dicts()
    gene_rate = gene_rate_of(evidence.pairs, evidence.support).item()
    aggregator = method.aggregator.object
    learns = isinstance(aggregator, LearningAggregator)  # and weighs more than these rows
    alone = score is not None and not learns and "answers" not in aggregator.needs
    voters = _voters(task, method, evidence, tried=_TRIED if alone else 0)
    answered_by_script = replies is not None and bool(replies["simulated"].any())
    return Card(
        task=task,
        method=method.label,
        model=method.model,
        control=control,
        pair=Pair(**names),
        score=score,
        status=status,
        gene_rate=gene_rate,
        prevalence=prevalence_of(evidence.pairs, evidence.support).item(),
        measured=evidence.support.join(evidence.pairs, on=["context", "gene"], how="semi").height,
        voters=voters,
        votes=_votes(task, method, evidence) if score is not None else [],
        asked=_asked(prompts, replies, answering(answers, task.question), pair_id),
        flip=_flip(task, method, evidence, voters=voters, score=score, gene_rate=gene_rate)
        if score is not None and alone
        else None,
        simulated=simulated_parts(data=task.simulated, answers=answered_by_script),
    )


def prompts_about(method: Method, shown: Shown, pair_id: int) -> pl.DataFrame:
    """Return the prompts that ask about a pair, or have its perturbation's neighbours graded."""
    if not method.asks:
        return pl.DataFrame(schema=dict(PROMPTS))
    block = _block_with(shown, pair_id)
    perturbation = block.pairs.filter(pl.col("pair_id") == pair_id)["perturbation"].item()
    own = block.about(pl.col("perturbation") == perturbation)  # no prompt is about two perturbations
    prompts = pipeline.prompts_about(method, shown, own)
    return prompts.filter((pl.col("form") == "grades") | pl.col("pair_ids").list.contains(pair_id))


def _block_with(shown: Shown, pair_id: int) -> Evidence:
    for block in shown.evidence:
        if pair_id in block.pairs["pair_id"]:
            return block
    raise KeyError(pair_id)


def _asked(
    prompts: pl.DataFrame, replies: pl.DataFrame | None, answers: pl.DataFrame, pair_id: int
) -> list[AskedPrompt]:
    own = answers.filter(pl.col("pair_id") == pair_id)
    read = {(row["prompt_id"], row["sample"]): row for row in own.iter_rows(named=True)}
    asked = []
    for at, prompt in enumerate(prompts.iter_rows(named=True)):
        reply = None if replies is None else replies.row(at, named=True)
        answer = read.get((prompt["prompt_id"], prompt["sample"]), {})
        asked.append(
            AskedPrompt(
                **{name: prompt[name] for name in ("sample", "form", "system", "user")},
                text=None if reply is None else reply["text"],
                value=answer.get("value"),
                status=answer.get("status") or ("not_asked" if reply is None else reply["status"]),
            )
        )
    return asked


def _voters(task: Task, method: Method, evidence: Evidence, *, tried: int) -> list[Voter]:
    rows = evidence.rows()
    without = _scores_without(task, method, evidence, rows, [[at] for at in range(min(tried, rows.height))])
    return [
        Voter(
            **{name: row[name] for name in ("neighbour", "context", "gene", "label", "weight")},
            layers={layer: value for layer, value in (row.get("layers") or {}).items() if value},
            direct=row.get("direct"),
            via=row.get("via"),
            because=_because(row, evidence.pairs["perturbation"].item()),
            without=without[at] if at < len(without) else None,
        )
        for at, row in enumerate(rows.iter_rows(named=True))
    ]


def _because(row: Mapping[str, Any], query: str) -> str:
    """Return why a row of evidence votes on a perturbation, in words."""
    layers = {layer: value for layer, value in (row.get("layers") or {}).items() if value}
    strongest = sorted(layers.items(), key=lambda layer: -layer[1])
    reasons = [", ".join(f"{name} {value:.2f}" for name, value in strongest)] if strongest else []
    via, direct = row.get("via"), row.get("direct")
    if via is not None and direct is not None and row["weight"] > 0:
        share = max(0.0, 1 - direct / row["weight"])
        like = f"responds like {via}, a relative of the query"
        if via == query:
            like = f"responded like {query} in other contexts"
        elif via == row["neighbour"]:
            like = "the only relative of the query, which is expected to respond like it"
        reasons.insert(0, f"{like} ({share:.0%} of the weight)")
    return "; ".join(reasons) or "-"


def _votes(task: Task, method: Method, evidence: Evidence) -> list[Vote]:
    if not isinstance(method.aggregator.object, Explains):
        return []
    parts = call(method.aggregator, "parts", task, evidence)
    return [Vote(**part) for part in parts.select("name", "weight", "value").iter_rows(named=True)]


def _flip(
    task: Task,
    method: Method,
    evidence: Evidence,
    *,
    voters: Sequence[Voter],
    score: float,
    gene_rate: float,
) -> list[str] | None:
    side = 1 if score > gene_rate else -1
    pull = {
        at: side * (score - voter.without) for at, voter in enumerate(voters) if voter.without is not None
    }
    strongest = [at for at in sorted(pull, key=lambda at: -pull[at]) if pull[at] > 0]
    fewer = [strongest[:number] for number in range(1, len(strongest) + 1)]
    scores = _scores_without(task, method, evidence, evidence.rows(), fewer)
    for left_out, without in zip(fewer, scores, strict=True):
        if side * (without - gene_rate) <= 0:
            return [voters[at].neighbour for at in left_out]
    return None


def _scores_without(
    task: Task, method: Method, evidence: Evidence, rows: pl.DataFrame, left_out: Sequence[Sequence[int]]
) -> list[float]:
    """Return the score without each selection of rows, from one prediction of as many copies of the pair."""
    if not left_out:
        return []
    copies = pl.DataFrame({"copy": range(len(left_out)), "at": left_out}, schema=dict(_SELECTIONS))
    missing = copies.explode("at")
    kept = (
        rows.drop("layers", strict=False)
        .with_row_index("at")
        .join(copies.select("copy"), how="cross", maintain_order="right_left")
        .join(missing, on=["copy", "at"], how="anti", maintain_order="left")
        .with_columns(pl.col("copy").alias("pair_id"))
        .select(*EVIDENCE)
    )
    pairs = copies.select(pl.col("copy").alias("pair_id")).join(evidence.pairs.drop("pair_id"), how="cross")
    block = Block(context=evidence.block.context, pairs=pairs, support=evidence.support)
    fewer = Evidence(block, evidence.relations, chosen=kept)
    return predict(method, task, [fewer], pl.DataFrame(schema=dict(ANSWERS)))["score"].to_list()

"""Bad components by kind: what is wrong with each, the body of its class, and what its one line says."""

from __future__ import annotations

from typing import Any, NamedTuple

from core_harness.plugins.component import Stage

RIGHT = """
import asyncio, sys
from dataclasses import replace
import numpy as np
import polars as pl
from core_harness import RELATIONS, ROWS, Evidence, Graph, frame
from core_harness.llm import PROMPTS, Permanent, Provider, Reply, Tokens, Transient

class Dataset:
    question, agent, simulated = "de", "knockdown", True
    def knowledge(self):
        return Graph.of([])
    def rows(self):
        pairs = [(p, g) for p in range(9) for g in range(4)]
        rows = [("c", f"P{p}", f"G{g}", (p + g) % 2, "test" if p < 3 else "train") for p, g in pairs]
        return frame(ROWS, rows)

class Retriever:
    def pairs(self, block):
        return [(p, n, 1.0) for p in block.perturbations for n in block.candidates]
    def relate(self, task, block):
        return frame(RELATIONS, self.pairs(block))

class Organizer:
    gives = frozenset({"relations", "evidence", "answers"})
    facts = 0
    def organize(self, task, evidence):
        return evidence
    def cut(self, evidence, rows):
        return Evidence(evidence.block, evidence.relations, chosen=rows)
    def templates(self):
        return []
    def prompts(self, task, evidence, facts):
        named = evidence.pairs.select("pair_id", "perturbation", "gene").iter_rows()
        return frame(PROMPTS, [(i, 0, "yes-no", "", f"{p} {g}", [g], [i]) for i, p, g in named])

class Llm:
    def identity(self):
        return {"model": "odd"}
    def describe(self):
        return Provider(model="odd", host="nowhere")
    def upper_bound(self, request):
        return Tokens(1, 1)
    async def ask(self, request):
        return Reply(text="ANSWER: yes", model="odd", simulated=True)

class Aggregator:
    needs = frozenset()
    def made(self, evidence):
        return evidence.pairs.select("pair_id", score=pl.lit(0.5), status=pl.lit("ok"))
    def predict(self, task, evidence, answers):
        return self.made(evidence)
"""


class Bad(NamedTuple):
    """A bad component: ``body`` is that of its class, ``said`` stands in the one line about it."""

    stage: Stage
    title: str
    body: str
    said: str
    code: int = 4
    options: tuple[str, ...] = ()


def _of(stage: Stage, *rows: tuple[Any, ...]) -> list[Bad]:
    return [Bad(stage, *row) for row in rows]


def _returns(stage: Stage, method: str, *rows: tuple[str, str]) -> list[Bad]:
    """Return components whose method returns something else; each row is an expression and what is said."""
    return [
        Bad(stage, f"{method} returns {value}", f"def {method}(self, task, *given): return {value}", said)
        for value, said in rows
    ]


_SCORES = "self.made(given[0])"
_PAIRS = "self.pairs(given[0])"
_RELATIONS = f"frame(RELATIONS, {_PAIRS})"

AGGREGATORS = [
    *_returns(
        "aggregator",
        "predict",
        ("None", "returned NoneType, wanted a polars DataFrame"),
        ("{}", "returned dict, wanted a polars DataFrame"),
        ("[0.5]", "returned list, wanted a polars DataFrame"),
        (f"{_SCORES}.lazy()", "returned LazyFrame, wanted a polars DataFrame"),
        (f"{_SCORES}['score']", "returned Series, wanted a polars DataFrame"),
        ("pl.DataFrame()", "returned no column 'pair_id'"),
        (f"{_SCORES}.drop('pair_id')", "returned no column 'pair_id' (got: score, status)"),
        (f"{_SCORES}.drop('score')", "returned no column 'score'"),
        (f"{_SCORES}.drop('status')", "returned no column 'status'"),
        (f"{_SCORES}.cast(pl.String)", "column 'pair_id' is String, wanted UInt32"),
        (f"{_SCORES}.with_columns(score=pl.lit('high'))", "column 'score' is String, wanted Float64"),
        (f"{_SCORES}.with_columns(score=[[0.5]])", "column 'score' is List("),
        (f"{_SCORES}.with_columns(status=1)", "column 'status' is Int32, wanted String"),
        (f"{_SCORES}.with_columns(pair_id=-1)", "column 'pair_id' does not fit UInt32"),
        (f"{_SCORES}.with_columns(status=None)", "returned no status"),
        (f"{_SCORES}.with_columns(score=float('nan'))", "returned a score that is not finite"),
        (f"{_SCORES}.with_columns(score=float('inf'))", "returned a score that is not finite"),
        (f"{_SCORES}.with_columns(score=1.5)", "does not say that its scores are ranks"),
        (f"{_SCORES}.with_columns(score=-0.1)", "does not say that its scores are ranks"),
        (f"{_SCORES}.head(1)", "returned 1 predictions for 12 pairs, none for P0 on G1 in c"),
        (f"{_SCORES}.clear()", "returned 0 predictions for 12 pairs, none for P0 on G0 in c"),
        (f"pl.concat([{_SCORES}] * 2)", "returned 24 predictions for 12 pairs, two for P0 on G0 in c"),
        (f"{_SCORES}.with_columns(pl.col('pair_id') + 9)", "none for P0 on G0 in c"),
        ("1 / 0", "failed in predict: ZeroDivisionError: division by zero"),
        ("{}['score']", "failed in predict: KeyError: 'score'"),
        ("given[0].pairs.select('gone')", "failed in predict: ColumnNotFoundError"),
        ("sys.exit(0)", "failed in predict: SystemExit: 0"),
        ("exec('raise asyncio.CancelledError')", "failed in predict: CancelledError"),
        ("exec('raise MemoryError')", "failed in predict: MemoryError"),
        ("self.predict(task, *given)", "failed in predict: RecursionError"),
        ("frame(RELATIONS, [(0,)])", "ValueError: row 0 is (0,), wanted 3 values: perturbation, neighbour"),
    ),
    *_of(
        "aggregator",
        ("predict lacks an argument", "def predict(self, task): ...", "failed in predict: TypeError"),
        ("predict is no method", "predict = 3", "failed in predict: TypeError: 'int' object is not callable"),
        ("predict is missing", "predict = property()", "it lacks predict, which an aggregator must have"),
        ("needs is a text", 'needs = "evidence"', "needs is 'evidence': Input should be"),
        (
            "needs is a list",
            'needs = ["evidence"]',
            "needs is ['evidence']: Input should be a valid frozenset",
        ),
        ("needs is unknown", 'needs = frozenset({"all"})', "needs is frozenset({'all'}): Input should be"),
        ("scores is unknown", 'scores = "rank"', "scores is 'rank': Input should be"),
        ("it declares what is unknown", 'beyond_contrast = frozenset({"x"})', "beyond_contrast is frozenset"),
        ("an attribute fails", "needs = property(lambda self: 1 / 0)", "failed in its attributes: ZeroDiv"),
        ("fit without examples", "def fit(self, *given): ...", "a method 'fit' and no attribute 'examples'"),
        ("examples without fit", "examples = 2", "it has 'examples' and no method 'fit'"),
        ("examples is a text", 'examples = "2"\n    def fit(self, *given): ...', "examples is '2'"),
        ("fit fails", "examples = 2\n    def fit(self, *given): 1 / 0", "failed in fit: ZeroDivisionError"),
        ("the constructor fails", "def __init__(self): 1 / 0", "failed in __init__: ZeroDivisionError"),
        ("the constructor exits", "def __init__(self): sys.exit(3)", "failed in __init__: SystemExit: 3"),
        (
            "a parameter without default",
            "def __init__(self, *, k: int): self.k = k",
            "has no default for its parameter k; give one with -p STAGE.k=VALUE",
            2,
        ),
        (
            "a parameter by position",
            "def __init__(self, k: int = 1, /): self.k = k",
            "parameter k is positional only; take it by name",
        ),
        (
            "a default of numpy",
            "def __init__(self, *, k=np.ones(2)): self.k = k",
            "parameter k: the default is ndarray array([1., 1.]), which the record of a run cannot hold",
        ),
        (
            "a default that is an object",
            "def __init__(self, *, k=object()): self.k = k",
            "parameter k: the default is object",
        ),
        (
            "a type that is not there",
            "def __init__(self, *, k: 'Gone' = 1): self.k = k",
            "parameter k: the annotation 'Gone' cannot be read (NameError: name 'Gone' is not defined)",
            4,
            ("-p", "aggregator.k=2"),
        ),
        (
            "a type that cannot be checked",
            "def __init__(self, *, k: np.ndarray = 1): self.k = k",
            "parameter k: values cannot be checked against <class 'numpy.ndarray'>",
            4,
            ("-p", "aggregator.k=2"),
        ),
        (
            "a value of another type",
            "def __init__(self, *, k: int = 1): self.k = k",
            "parameter k='two': Input should be a valid integer",
            2,
            ("-p", "aggregator.k=two"),
        ),
    ),
]

RETRIEVERS = [
    *_returns(
        "retriever",
        "relate",
        ("None", "returned NoneType, wanted a polars DataFrame"),
        ("[('P0', 'P3', 1.0)]", "returned list, wanted a polars DataFrame"),
        (f"{_RELATIONS}.drop('weight')", "returned no column 'weight'"),
        (f"{_RELATIONS}.rename({{'neighbour': 'neighbor'}})", "returned no column 'neighbour'"),
        (f"{_RELATIONS}.with_columns(weight=pl.lit('much'))", "column 'weight' is String, wanted Float64"),
        (f"{_RELATIONS}.with_columns(weight=None)", "returned a weight that is negative or not finite"),
        (f"{_RELATIONS}.with_columns(weight=-1.0)", "returned a weight that is negative or not finite"),
        (f"{_RELATIONS}.with_columns(weight=float('nan'))", "a weight that is negative or not finite"),
        (f"{_RELATIONS}.with_columns(neighbour=pl.lit('X'))", "returned a neighbour that is no candidate"),
        (f"{_RELATIONS}.with_columns(neighbour=None)", "returned a neighbour that is no candidate"),
        (f"{_RELATIONS}.with_columns(perturbation=pl.lit('X'))", "that was not asked about: X"),
        (
            f"{_RELATIONS}.with_columns(neighbour='perturbation')",
            "a perturbation related to itself: P0 and P0",
        ),
        (f"pl.concat([{_RELATIONS}] * 2)", "returned a pair twice: P0 and P3"),
        (f"{_RELATIONS}.with_columns(layers=1.0)", "column 'layers' is Float64, wanted a struct of floats"),
        (f"{_RELATIONS}.with_columns(via=pl.lit('X'))", "returned a 'via' that is no candidate"),
        (f"{_RELATIONS}.with_columns(direct=2.0)", "returned a 'direct' that is no part of the weight"),
        (f"{_RELATIONS}.with_columns(neighbour_context=pl.lit('d'))", "in which it was not measured"),
        ("given[0].gone", "failed in relate: AttributeError: 'Block' object has no attribute 'gone'"),
    ),
    *_of(
        "retriever",
        ("relate lacks an argument", "def relate(self, block): ...", "failed in relate: TypeError"),
        ("use fails", "def use(self, graph): 1 / 0", "failed in use: ZeroDivisionError"),
    ),
]

_PROMPTS = "def prompts(self, task, evidence, facts): return "
_WRITTEN = "super().prompts(task, evidence, facts)"

ORGANIZERS = [
    *_returns(
        "organizer",
        "organize",
        ("None", "returned NoneType, wanted an Evidence"),
        ("given[0].rows()", "returned DataFrame, wanted an Evidence"),
        (
            "Evidence(replace(given[0].block, pairs=given[0].pairs.head(1)), given[0].relations)",
            "it must keep each query as it is",
        ),
        (
            "Evidence(given[0].block, given[0].relations.with_columns(weight=-1.0))",
            "returned a weight that is negative or not finite",
        ),
        (
            "self.cut(given[0], given[0].rows().with_columns(label=1 - pl.col('label')))",
            "returned a row that is not in the support",
        ),
        ("1 / 0", "failed in organize: ZeroDivisionError"),
    ),
    *_of(
        "organizer",
        ("gives is a text", 'gives = "answers"', "gives is 'answers'"),
        ("gives is unknown", 'gives = frozenset({"all"})', "gives is frozenset({'all'})"),
        ("gives is missing", "gives = property()", "it lacks gives, which an organizer must have"),
        ("facts is a text", 'facts = "many"', "facts is 'many'"),
        ("answers without prompts", "prompts = property()", "it gives answers and lacks prompts"),
        ("answers without templates", "templates = property()", "it gives answers and lacks templates"),
        ("templates fails", "def templates(self): 1 / 0", "failed in templates: ZeroDivisionError"),
        ("no prompts", f"{_PROMPTS}None", "returned NoneType, wanted a polars DataFrame"),
        ("prompts without items", f"{_PROMPTS}{_WRITTEN}.drop('items')", "returned no column 'items'"),
        (
            "an unknown form",
            f"{_PROMPTS}{_WRITTEN}.with_columns(form=pl.lit('maybe'))",
            "a prompt of an unknown form",
        ),
        (
            "no text",
            f"{_PROMPTS}{_WRITTEN}.with_columns(user=None)",
            "a prompt without 'user'",
        ),
        (
            "a prompt twice",
            f"{_PROMPTS}pl.concat([{_WRITTEN}] * 2)",
            "a prompt and sample twice",
        ),
        (
            "a prompt about what was not asked",
            f"{_PROMPTS}{_WRITTEN}.with_columns(pl.col('prompt_id') + 99)",
            "a prompt whose id is none of a pair that was asked",
        ),
        (
            "items that are no list",
            f"{_PROMPTS}{_WRITTEN}.with_columns(items=pl.lit('G0'))",
            "column 'items' is String, wanted List(String)",
        ),
    ),
]

_ASKS = "async def ask(self, request): "
ONCE = ("--max-failures", "0")

LLMS = _of(
    "llm",
    ("identity fails", "def identity(self): 1 / 0", "failed in identity: ZeroDivisionError"),
    ("describe fails", "def describe(self): 1 / 0", "failed in describe: ZeroDivisionError"),
    ("upper_bound fails", "def upper_bound(self, request): 1 / 0", "failed in upper_bound: ZeroDivision"),
    ("ask is missing", "ask = property()", "it lacks ask, which an llm must have"),
    ("ask is not async", "def ask(self, request): return Reply(text='', model='')", "write 'async def ask'"),
    ("ask returns nothing", f"{_ASKS}return None", "write 'async def ask'"),
    ("ask returns a text", f"{_ASKS}return 'yes'", "its ask returned str, wanted a core_harness.llm.Reply"),
    ("ask returns a dict", f"{_ASKS}return {{}}", "its ask returned dict, wanted a core_harness.llm.Reply"),
    ("ask fails", f"{_ASKS}1 / 0", "failed in ask: ZeroDivisionError: division by zero"),
    ("ask exits", f"{_ASKS}sys.exit(0)", "failed in ask: SystemExit: 0"),
    ("ask cancels itself", f"{_ASKS}raise asyncio.CancelledError", "failed in ask: CancelledError"),
    (
        "a model that hangs",
        f"{_ASKS}await asyncio.sleep(9e9)",
        "could be used",
        8,
        ("--timeout", ".01", *ONCE),
    ),
    ("50 MB", f"{_ASKS}return Reply(text='x' * 50_000_000, model='odd')", "could be used", 8, ONCE),
    ("a reply without text", f"{_ASKS}return Reply(text=None, model='odd')", "could be used", 8, ONCE),
    ("simulated is a text", f"{_ASKS}return Reply(text='', model='', simulated='no')", "used", 8, ONCE),
    ("tokens below 0", f"{_ASKS}return Reply(text='', model='', prompt_tokens=-1)", "could be used", 8, ONCE),
    ("no other can succeed", f"{_ASKS}raise Permanent('no key', hopeless=True)", "could be used", 8),
)

_ROWS = "def rows(self): return super().rows()"

DATASETS = _of(
    "dataset",
    ("an unknown question", 'question = "both"', "unknown question 'both'"),
    ("an unknown agent", 'agent = "crispr"', "unknown agent 'crispr'"),
    ("simulated is not said", "simulated = None", "simulated is None; it must be True or False"),
    ("rows is missing", "rows = property()", "it lacks rows, which a dataset must have"),
    ("rows fails", "def rows(self): 1 / 0", "failed in rows: ZeroDivisionError"),
    ("rows returns nothing", "def rows(self): return None", "returned NoneType, wanted a polars DataFrame"),
    ("a column is missing", f"{_ROWS}.drop('gene')", "returned no column 'gene'"),
    ("labels are texts", f"{_ROWS}.with_columns(label=pl.lit('up'))", "column 'label' is String"),
    ("a label is 2", f"{_ROWS}.with_columns(label=2)", "2", 3),
    ("a label is missing", f"{_ROWS}.with_columns(label=None)", "label", 3),
    ("a gene has no name", f"{_ROWS}.with_columns(gene=pl.lit(''))", "gene", 3),
    ("a split is unknown", f"{_ROWS}.with_columns(split=pl.lit('dev'))", "dev", 3),
    (
        "a pair has both labels",
        f"{_ROWS}.pipe(lambda rows: pl.concat([rows, rows.with_columns(label=1 - pl.col('label'))]))",
        "P0",
        3,
    ),
    ("nothing is asked", f"{_ROWS}.filter(split='train')", "test", 3),
)

BAD = [*AGGREGATORS, *RETRIEVERS, *ORGANIZERS, *LLMS, *DATASETS]

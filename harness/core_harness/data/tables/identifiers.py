"""Names of a table, brought together: two spellings of a gene or of a perturbation become one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from core_harness.data.tables.known_names import known_names
from core_harness.data.tables.name_notes import lines_about
from core_harness.data.tables.reading import find_column, read_table
from core_harness.errors import DataError, LeakError
from core_harness.knowledge.names import JOINED, Known, Name, recognise
from core_harness.vocabulary import Agent, Naming

_UNIT = ["context", "perturbation"]
_PAIR = [*_UNIT, "gene"]
_SHOWN = 3
"""Examples in a message."""
_APART = "-p dataset.names=written keeps spellings apart"


class Together(NamedTuple):
    """Rows with their names brought together, and what was changed, left out or not understood."""

    rows: pl.DataFrame
    notes: tuple[str, ...]


def bring_together(rows: pl.DataFrame, where: str, *, agent: Agent, naming: Naming) -> Together:
    """Return measured pairs under the one name that each gene and each perturbation has.

    Controls are left out, and pairs of a perturbation with a gene that it is of, under any spelling. Names of
    drugs are left alone.

    Parameters
    ----------
    rows
        ``context, perturbation, gene, label, split`` and ``row``, in any order, not yet checked.
    where
        The file, for messages.
    agent, naming
        What the perturbations are, and what rows are called.

    Raises
    ------
    LeakError
        A perturbation stands in train and test under two spellings, and names are not kept as written.
    DataError
        Rows contradict each other under two spellings, or all of them are controls.
    """
    known = known_names()
    rows = rows.with_columns(pl.col("perturbation", "gene").str.strip_chars())
    perturbations, genes = _recognised(rows, known, agent=agent, naming=naming)
    controls = [name for name, one in perturbations.items() if one.kind == "control"]
    # what has no name is left for the check of rows to refuse
    kept = rows.filter(~pl.col("perturbation").is_in(controls).fill_null(value=False))
    if kept.is_empty() and rows.height:
        raise DataError(
            f"{where}: all perturbations are controls, such as {controls[0]}; is it the right column?"
        )
    named = _named(kept, perturbations, genes)
    own = pl.col("gene_name").is_in(pl.col("perturbation_name").str.split(JOINED)).fill_null(value=False)
    selves, named = named.filter(own), named.filter(~own)
    notes = [
        *lines_about(perturbations, genes, known, changed=naming != "written"),
        *_about_controls(rows, controls),
        *_about_selves(selves),
    ]
    if naming == "written":
        return Together(named.select(rows.columns), (*notes, *_about_leaks(_leaks(named))))
    _refuse_leaks(_leaks(named), where)
    _refuse_contradictions(named, where)
    renamed = named.with_columns(perturbation="perturbation_name", gene="gene_name").select(rows.columns)
    return Together(renamed, (*notes, *_about_doubles(named)))


def called(names: pl.DataFrame, *, agent: Agent, naming: Naming) -> pl.DataFrame:
    """Return ``perturbation`` and ``gene`` of a frame as rows will call them."""
    if naming == "written":
        return names
    perturbations, genes = _recognised(names, known_names(), agent=agent, naming=naming)
    return names.with_columns(
        pl.col(column).replace({name: one.name for name, one in found.items()})
        for column, found in (("perturbation", perturbations), ("gene", genes))
    )


def names_in(path: Path, *, agent: Agent, naming: Naming) -> list[dict[str, str]]:
    """Return what each name of a table is and becomes: ``column, written, kind, name``, sorted.

    Raises :class:`~core_harness.errors.DataError` where the table cannot be read.
    """
    table = read_table(path)
    found = {"perturbation": ("perturbation", "pert"), "gene": ("gene",)}
    columns = {name: find_column(table, *spelled, path=path) for name, spelled in found.items()}
    rows = table.select(
        pl.col(column).cast(pl.String).str.strip_chars().replace("", None).alias(name)
        for name, column in columns.items()
    )
    both = _recognised(rows, known_names(), agent=agent, naming=naming)
    return [
        {
            "column": column,
            "written": name,
            "kind": one.kind,
            "name": "" if one.kind == "control" else name if naming == "written" else one.name,
        }
        for column, names in zip(columns, both, strict=True)
        for name, one in names.items()
    ]


def match_names(predicted: pl.DataFrame, rows: pl.DataFrame, *, agent: Agent) -> Together:
    """Return predictions under the names that a dataset has for the same genes and perturbations.

    A name that the dataset has stays; another one becomes that of the dataset which means the same, if
    exactly one does.

    Parameters
    ----------
    predicted
        Any frame with ``perturbation``, ``gene``, or both.
    rows
        Of the dataset, which may call names as they are written.
    agent
        What its perturbations are.
    """
    notes = []
    columns = ("gene",) if agent == "drug" else ("perturbation", "gene")
    for column in (one for one in columns if one in predicted.columns):
        own, written = _names(rows[column]), _names(predicted[column])
        if matched := spellings(written, own, perturbations=column == "perturbation"):
            example = " is ".join(next(iter(matched.items())))
            notes.append(f"{column}s matched under another spelling: {len(matched):,}, e.g. {example}")
            predicted = predicted.with_columns(pl.col(column).replace(matched))
    return Together(predicted, tuple(notes))


def spellings(written: Iterable[str], own: Collection[str], *, perturbations: bool) -> dict[str, str]:
    """Return the written names that are other spellings of one of ``own``, exactly, and that one, sorted.

    ``perturbations`` is whether names may be guides, genes with a control, or combinations.
    """
    others = sorted(set(written) - set(own))
    here, there = (
        recognise(
            names, known_names(), perturbations=perturbations, among=[*own, *others], mouse_as_human=True
        )
        for names in (own, others)
    )
    times = Counter(one.name for one in here.values())
    called = {one.name: name for name, one in here.items() if times[one.name] == 1}
    return {name: called[one.name] for name, one in there.items() if one.name in called}


def _recognised(
    rows: pl.DataFrame, known: Known, *, agent: Agent, naming: Naming
) -> tuple[dict[str, Name], dict[str, Name]]:
    """Return what the perturbations and the genes are; of drugs nothing is known here."""
    genes = _names(rows["gene"])
    perturbations = [] if agent == "drug" else _names(rows["perturbation"])
    mouse = naming == "mouse-as-human"
    return (
        recognise(perturbations, known, perturbations=True, among=genes, mouse_as_human=mouse),
        recognise(genes, known, perturbations=False, among=perturbations, mouse_as_human=mouse),
    )


def _names(column: pl.Series) -> list[str]:
    return column.drop_nulls().unique().sort().to_list()


def _named(rows: pl.DataFrame, perturbations: Mapping[str, Name], genes: Mapping[str, Name]) -> pl.DataFrame:
    def one_name(column: str, names: Mapping[str, Name]) -> pl.Expr:
        return pl.col(column).replace({name: one.name for name, one in names.items()}).alias(f"{column}_name")

    return rows.with_columns(one_name("perturbation", perturbations), one_name("gene", genes))


def _leaks(named: pl.DataFrame) -> pl.DataFrame:
    """Return ``perturbation`` in train and ``perturbation_test``, two spellings of one, sorted."""
    units = named.select("context", "perturbation", "perturbation_name", "split").unique()
    train, test = (units.filter(pl.col("split") == split).drop("split") for split in ("train", "test"))
    both = train.join(test, on=["context", "perturbation_name"], suffix="_test")
    apart = both.filter(pl.col("perturbation") != pl.col("perturbation_test"))
    return apart.select("perturbation_name", "perturbation", "perturbation_test").unique().sort(pl.all())


def _refuse_leaks(leaks: pl.DataFrame, where: str) -> None:
    if leaks.height:
        number = leaks["perturbation_name"].n_unique()
        stand = "perturbation stands" if number == 1 else "perturbations stand"
        raise LeakError(
            f"{where}: {number:,} {stand} in train and in test under two spellings ({_shown_leaks(leaks)}), "
            f"so the answers stand in the support; put each in one split, or {_APART}"
        )


def _about_leaks(leaks: pl.DataFrame) -> list[str]:
    if leaks.is_empty():
        return []
    number = leaks["perturbation_name"].n_unique()
    return [f"perturbations in train and in test under two spellings: {number:,} ({_shown_leaks(leaks)})"]


def _shown_leaks(leaks: pl.DataFrame) -> str:
    first = leaks.unique("perturbation_name", keep="first", maintain_order=True)
    shown = [f"{train} and {test}" for _, train, test in first.head(_SHOWN).iter_rows()]
    return "; ".join([*shown, *(["..."] if first.height > _SHOWN else [])])


def _refuse_contradictions(named: pl.DataFrame, where: str) -> None:
    """Refuse rows that contradict each other under two spellings; the check of rows finds the others."""
    key = ["context", "perturbation_name", "gene_name"]
    labels = pl.col("label").n_unique()
    bad = named.filter(labels.over(key) > 1, labels.over(_PAIR) == 1).sort(*key, "row")
    if bad.is_empty():
        return
    first = bad.row(0, named=True)
    pair = bad.filter(*(pl.col(column) == first[column] for column in key))
    other = pair.filter(pl.col("label") != first["label"]).row(0, named=True)
    more = bad.select(key).n_unique() - 1
    raise DataError(
        f"{where}: {first['perturbation']} on {first['gene']} (row {first['row']}) and "
        f"{other['perturbation']} on {other['gene']} (row {other['row']}) are one pair and have different "
        f"labels{f' (and {more:,} more such pairs)' if more else ''}; give each pair one label, or {_APART}"
    )


def _about_controls(rows: pl.DataFrame, controls: Sequence[str]) -> list[str]:
    if not controls:
        return []
    number = rows.filter(pl.col("perturbation").is_in(controls)).height
    return [f"controls among the perturbations left out: {_listed(controls)}, {number:,} rows"]


def _about_selves(selves: pl.DataFrame) -> list[str]:
    if selves.is_empty():
        return []
    first = selves.sort(*_PAIR).row(0, named=True)
    pair = f"{first['perturbation']} on {first['gene']}"
    return [f"pairs of a perturbation with its own gene left out: {selves.height:,}, e.g. {pair}"]


def _about_doubles(named: pl.DataFrame) -> list[str]:
    """Say how many rows repeat a pair under another spelling; one of each stays."""
    key = ["context", "perturbation_name", "gene_name"]
    spellings = named.select(*key, "perturbation", "gene").unique()
    doubled = spellings.height - spellings.select(key).n_unique()
    said = f"pairs that stand there under another spelling too: {doubled:,}; each counts once"
    return [said] if doubled else []


def _listed(names: Iterable[str]) -> str:
    found = sorted(names)
    return ", ".join([*found[:_SHOWN], *(["..."] if len(found) > _SHOWN else [])])

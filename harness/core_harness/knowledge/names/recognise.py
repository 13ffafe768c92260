"""``recognise()``: what each name of a table is, and the one name that all its spellings get."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from core_harness.knowledge.names import forms
from core_harness.knowledge.names.known import Known

Kind = Literal[
    "approved",
    "alias",
    "ambiguous",
    "ensembl",
    "ncbi",
    "case",
    "ortholog",
    "mouse",
    "with control",
    "guide",
    "control",
    "date",
    "combination",
    "unknown",
]


class Name(NamedTuple):
    """A name: what it is, and what it is called from here on.

    Of ``RPL5_sg1``, a ``guide``, that is ``RPL5``. A control, a date, an ambiguous or unknown name stays as
    it is written. A combination is its genes in order, with ``+`` between them.
    """

    kind: Kind
    name: str


@dataclass(frozen=True)
class _Reading:
    """What names are read by: tables, the other names beside them, and what a name may be."""

    known: Known
    own: Mapping[str, str]
    """The spelling that a name gets of all those in the table that differ in case alone."""
    numbers: bool
    """Whether numbers are NCBI ids."""
    mouse: bool
    perturbations: bool = True


def recognise(
    names: Collection[str],
    known: Known,
    *,
    perturbations: bool,
    among: Iterable[str] = (),
    mouse_as_human: bool = False,
) -> dict[str, Name]:
    """Return what each of ``names`` is, whatever their order.

    Parameters
    ----------
    names
        Of one column.
    known
        What tables know; without them only forms are read, and cases compared.
    perturbations
        Whether names may be controls, guides and combinations; genes are none of these.
    among
        Other names of the table: ``rpl5`` is ``RPL5`` where this is one of them.
    mouse_as_human
        Take symbols of mouse genes for their human orthologs or, where no table has one, for the human genes
        of the same letters.
    """
    numeric = [name for name in names if name.isdecimal()]
    reading = _Reading(
        known=known,
        own=_spellings([*names, *among]),
        numbers=2 * len(numeric) >= len(names),
        mouse=mouse_as_human,
        perturbations=perturbations,
    )
    return {name: _read(name, reading) for name in names}


def parts(name: str) -> list[str]:
    """Return the genes of a perturbation as :func:`recognise` names it."""
    return name.split(forms.JOINED)


def _spellings(names: Iterable[str]) -> dict[str, str]:
    """Return the spelling with most capitals of each name in small letters, of those written in several."""
    atoms = {
        forms.targeted_by(part, certain=True) or part for name in set(names) for part in forms.joined(name)
    }
    found: dict[str, str] = {}
    genes = (atom for atom in atoms if not forms.is_control(atom))
    for atom in sorted(genes, key=lambda atom: (-sum(letter.isupper() for letter in atom), atom)):
        found.setdefault(atom.casefold(), atom)
    return found


def _read(name: str, reading: _Reading) -> Name:
    if reading.perturbations and forms.is_control(name):
        return Name("control", name)
    if name in reading.known.approved:
        return Name("approved", name)
    if reading.mouse and name in reading.known.orthologs:
        return Name("ortholog", reading.known.orthologs[name])
    if forms.is_date(name) or (forms.is_day_number(name) and not reading.numbers):
        return Name("date", name)
    return _identifier(name, reading) or _structure(name, reading) or _letters(name, reading)


def _identifier(name: str, reading: _Reading) -> Name | None:
    known = reading.known
    if name in known.aliases:
        return Name("alias", known.aliases[name])
    if name in known.ambiguous:
        return Name("ambiguous", name)
    if (ensembl := forms.ensembl_id(name)) is not None:
        return Name("ensembl", known.ensembl.get(ensembl, ensembl))
    if reading.numbers and name in known.ncbi:
        return Name("ncbi", known.ncbi[name])
    return None


def _structure(name: str, reading: _Reading) -> Name | None:
    """Return a guide, a gene with a control, or a combination."""
    if not reading.perturbations:
        return None
    if len(several := forms.joined(name)) > 1:
        return _together(name, several, reading)
    if (gene := forms.targeted_by(name, certain=True)) is not None:
        return Name("guide", _read(gene, reading).name)
    return None if _is_gene(name, reading, own=False) else _structure_of_genes(name, reading)


def _structure_of_genes(name: str, reading: _Reading) -> Name | None:
    """Return what only stands for a guide or a combination where its parts are genes: ``A_2``, ``A_B``."""
    gene = forms.targeted_by(name, certain=False)
    if gene is not None and _is_gene(gene, reading):
        return Name("guide", _read(gene, reading).name)
    several = name.split("_")
    genes = [part for part in several if not forms.is_control(part)]
    if len(several) == 1 or not genes or not all(_is_gene(gene, reading) for gene in genes):
        return None
    return _together(name, several, reading)


def _together(name: str, joined: list[str], reading: _Reading) -> Name:
    several = [_read(part, reading) for part in joined]
    genes = sorted({gene for one in several if one.kind != "control" for gene in parts(one.name)})
    if not genes:
        return Name("control", name)
    if len(genes) > 1:
        return Name("combination", forms.JOINED.join(genes))
    return Name("with control" if any(one.kind == "control" for one in several) else "guide", genes[0])


def _letters(name: str, reading: _Reading) -> Name:
    """Return a name that differs from another one in the case of letters, or is of a mouse, or unknown."""
    known, own = reading.known, reading.own.get(name.casefold(), name)
    if own != name:
        return Name("case", _read(own, replace(reading, perturbations=False)).name)
    mouse = forms.looks_like_mouse(name)
    if mouse and reading.mouse:
        human = _read(name.upper(), replace(reading, perturbations=False, own={}))
        return Name("mouse", human.name if human.kind in {"approved", "alias", "case"} else name)
    if not mouse and name.casefold() in known.by_case:
        return Name("case", known.by_case[name.casefold()])
    return Name("mouse" if mouse else "unknown", name)


def _is_gene(name: str, reading: _Reading, *, own: bool = True) -> bool:
    """Return whether a table knows the name or, if ``own``, the table that it stands in has it."""
    known, small = reading.known, name.casefold()
    return (
        any(name in names for names in (known.approved, known.aliases, known.ambiguous))
        or small in known.by_case
        or forms.ensembl_id(name) is not None
        or (own and small in reading.own)
    )

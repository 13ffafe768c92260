"""A folder of drug screens in the layout of VCWorld's GeneTAK: a table a line and question."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from core_harness import Agent, Graph, Layer, Question
from core_harness.data.tables import read_rows, read_table
from core_harness.errors import DataError, MissingDataError, UsageError
from core_harness.knowledge.drugs import same_drugs

_LONGEST = 500
"""Characters of a description that a prompt may hold."""


class GeneTAK:
    """Files ``LINE_DE.csv`` and ``LINE_DIR.csv`` with ``pert,gene,label,split``; a line is a context.

    Names in the other files may be written otherwise than in the tables: in another case, with a salt, or as
    a synonym (:func:`core_harness.knowledge.drugs.same_drugs`). The reader is untested on published data.

    Parameters
    ----------
    path
        The folder: ``--dataset genetak:FOLDER``.
    question
        ``de`` reads ``LINE_DE.csv``, ``dir`` reads ``LINE_DIR.csv``.
    similarity_file
        JSON by which drugs are related: ``{name: {other: weight}}`` with weights from 0 to 1, or
        ``{name: [others]}``.
    description_file
        JSON, ``{name: text}``: what prompts say of a drug.
    synonyms_file
        A table with the columns ``alias`` and ``name``.
    """

    agent: Agent = "drug"
    simulated = False

    def __init__(
        self,
        *,
        path: str = "",
        question: Question = "de",
        similarity_file: str = "",
        description_file: str = "",
        synonyms_file: str = "",
    ) -> None:
        self.path = path
        self.question = question
        self.similarity_file = similarity_file
        self.description_file = description_file
        self.synonyms_file = synonyms_file
        self.notes: tuple[str, ...] = ()

    def rows(self) -> pl.DataFrame:
        """Return the measured pairs of all lines, each checked by itself.

        Raises
        ------
        MissingDataError
            The folder has no table of this question.
        DataError
            A table cannot be used.
        """
        measured = {line: read_rows(path, context=line) for line, path in self._tables().items()}
        self.notes = tuple(f"{line}: {note}" for line, found in measured.items() for note in found.notes)
        return pl.concat([found.rows.drop("row") for found in measured.values()])

    def extend_knowledge(self, graph: Graph) -> Graph:
        """Return the graph with a layer of similarities, and one of descriptions for facts.

        Raises :class:`~core_harness.errors.UsageError` without a similarity file, and
        :class:`~core_harness.errors.DataError` for a file that is not as described.
        """
        if not self.similarity_file:
            raise UsageError(
                "dataset 'genetak' relates drugs by a file: -p dataset.similarity_file=FILE names it"
            )
        names = self.rows()["perturbation"].unique().to_list()
        layers = [self._similarity(names)]
        if self.description_file:
            layers.append(self._descriptions(names))
        return graph.about(layers)

    def _tables(self) -> dict[str, Path]:
        if not self.path:
            raise UsageError("dataset 'genetak' needs a folder: --dataset genetak:FOLDER")
        folder, ending = Path(self.path).expanduser(), f"_{self.question.upper()}.csv"
        found = {
            path.name.removesuffix(ending): path
            for path in sorted(folder.glob(f"*{ending}"))
            if path.name != ending
        }
        if not found:
            raise MissingDataError(f"{folder} holds no table LINE{ending}; check the name of the folder")
        return found

    def _similarity(self, names: list[str]) -> Layer:
        path = Path(self.similarity_file).expanduser()
        listed = _read(path)
        known = same_drugs(listed, names, self._synonyms())
        _tell(path, len(listed), [name for name in listed if name not in known])
        others = {other for linked in listed.values() for other in _weights(linked, path)}
        ends = {**same_drugs(others, names, self._synonyms()), **known}
        edges = [
            (known[name], ends[other], weight)
            for name, linked in listed.items()
            for other, weight in _weights(linked, path).items()
            if name in known and other in ends and weight > 0
        ]
        frame = pl.DataFrame(
            edges, schema={"a": pl.String, "b": pl.String, "weight": pl.Float64}, orient="row"
        )
        return Layer.edges("drug-similarity", frame, clause="similar to")

    def _descriptions(self, names: list[str]) -> Layer:
        path = Path(self.description_file).expanduser()
        texts = _read(path)
        for name, text in texts.items():
            if not isinstance(text, str):
                raise DataError(f"{path}: the description of {name!r} is no text; write {{name: text}}")
        known = same_drugs(texts, names, self._synonyms())
        said = pl.DataFrame(
            [
                (drug, " ".join(texts[name].split())[:_LONGEST])
                for name, drug in known.items()
                if texts[name].strip()
            ],
            schema={"set": pl.String, "name": pl.String},
            orient="row",
        ).unique("set", keep="first", maintain_order=True)
        layer = Layer.sets(
            "drug-description", said.select("set", gene="set"), names=said, clause="described as:"
        )
        return layer.for_facts()

    def _synonyms(self) -> dict[str, str]:
        if not self.synonyms_file:
            return {}
        path = Path(self.synonyms_file).expanduser()
        table = read_table(path)
        if not {"alias", "name"} <= set(table.columns):
            raise DataError(f"{path} has no columns 'alias' and 'name'; call them so")
        return dict(table.select("alias", "name").iter_rows())


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingDataError(f"{path} is not there; check the name") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is no JSON file: {error}") from None
    if not isinstance(content, dict):
        raise DataError(f"{path} is no object of names; write {{name: ...}}")
    return content


def _weights(linked: object, path: Path) -> Mapping[str, float]:
    """Return the others of one drug with their weights, 1 where the file gives none."""
    if isinstance(linked, list):
        linked = dict.fromkeys(linked, 1.0) if all(isinstance(name, str) for name in linked) else None
    if not isinstance(linked, dict) or not all(_is_weight(weight) for weight in linked.values()):
        raise DataError(
            f"{path}: {linked!r:.60} is neither a list of names nor {{other: weight}} with weights "
            "from 0 to 1"
        )
    return linked


def _is_weight(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _tell(path: Path, number: int, strange: list[str]) -> None:
    if strange:
        example = f"{strange[0]!r:.60}"
        sys.stderr.write(
            f"{path.name}: {len(strange)} of {number} names are no drug of the tables, e.g. {example}\n"
        )

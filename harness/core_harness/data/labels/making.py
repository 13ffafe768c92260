"""Writing a table of labels from files of results, with the manifest that makes it again.

Memory is that of a batch of perturbations, whatever the size of the files. Table and manifest appear whole
or not at all.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import polars as pl

from core_harness.data.labels import sampling
from core_harness.data.labels.assembling import Assembled, Tell, assemble, counts_of
from core_harness.data.labels.cells.results import ENDING, results_of_cells
from core_harness.data.labels.de_tables import Results, scan_results
from core_harness.data.labels.manifest import LabelManifest, Source, manifest_path, read_label_manifest
from core_harness.data.labels.parts import Part, store
from core_harness.data.labels.replicates import write_replicates
from core_harness.data.labels.request import LabelRequest
from core_harness.data.labels.settling import PAIR
from core_harness.data.sources.manifest import sha256
from core_harness.data.tables.reading import opening
from core_harness.data.tables.replicates import replicates_path
from core_harness.errors import DataError, RunError, UsageError
from core_harness.runs.manifest import versions_of
from core_harness.runs.writing import write_whole

_ENDINGS = (".csv", ".parquet")


def label_files(
    paths: Sequence[Path],
    request: LabelRequest,
    output: Path,
    *,
    tell: Tell,
    replicate: Sequence[Path] = (),
) -> LabelManifest:
    """Write the labels of files of results as a table, and a manifest beside it.

    Parameters
    ----------
    paths
        Tables of differential expression, and files of single cells (``.h5ad``).
    request
        How they are read, labelled, drawn and split.
    output
        ``.csv`` or ``.parquet``: columns ``context, perturbation, gene, label``, with ``split`` where one is
        asked for, and ``cells`` and ``knockdown`` of the perturbation where they are known. Sorted.
    replicate
        Files of another screen of the same contexts, which repeats this one.

    Raises
    ------
    DataError, UsageError
        A file cannot be read, its results are no source of such labels, or what is asked for cannot be drawn.
    RunError
        The output cannot be written. What stood there stands there still.
    """
    _check_paths([*paths, *replicate], output)
    if replicate and request.cells.replicates:
        raise UsageError("--replicates and --replicate both say what repeats the experiment; give one")
    with _scratch_beside(output) as scratch:
        sources: list[Source] = []
        parts: list[Part] = []
        notes: list[str] = []
        with closing(_scanned(paths, request, output, tell)) as results:  # else what was unpacked may stay
            for number, one in enumerate(results):
                parts.append(store(one, request, scratch / f"part-{number}.parquet"))
                sources.append(_source(one, parts[-1], output))
                notes += _notes(one, parts[-1], request)
        made = assemble(parts, request, scratch, tell)
        tell("writing", 0, 1)
        table = _written(made, scratch / f"table{output.suffix.lower()}")
        if request.samples:
            notes.append(sampling.WARNING)
        beside = scratch / "replicates.parquet"
        repeated = write_replicates(made.rows, beside, request, paths=paths, others=replicate, tell=tell)
        manifest = LabelManifest(
            versions=versions_of("core-harness", "polars", "numpy"),
            request=request,
            files=tuple(sources),
            counts=counts_of(made),
            repeated=repeated,
            notes=tuple(dict.fromkeys(notes)),
            output=output.name,
            sha256=sha256(table),
        )
        with _writing(output):
            replicates_path(output).unlink(missing_ok=True)  # else it would lie beside a table of others
            table.replace(output)
            if repeated is not None:
                beside.replace(replicates_path(output))
    write_whole(manifest_path(output), manifest.to_bytes())
    return manifest


def _scanned(paths: Sequence[Path], request: LabelRequest, output: Path, tell: Tell) -> Generator[Results]:
    for number, path in enumerate(paths):
        tell(f"reading {path.name}", number, len(paths))
        with _scratch_beside(output) as unpacked:
            if path.suffix.lower() == ENDING:
                yield results_of_cells(path, request, unpacked, tell)
            else:
                yield scan_results(path, request, unpacked)


def label_again(manifest_file: Path, output: Path | None, *, tell: Tell) -> tuple[LabelManifest, Path]:
    """Write the table of a manifest again, where it was or to ``output``; return manifest and place.

    Raises :class:`DataError` where a file is not the one that the table was made from, or where this
    version makes another table of it; then that stands at ``output``, with its own manifest.
    """
    before = read_label_manifest(manifest_file)
    folder = manifest_file.parent
    files = {folder / source.path: source.sha256 for source in before.files}
    others = {} if before.repeated is None else before.repeated.files
    replicate = {folder / path: digest for path, digest in others.items()}
    for path, digest in (files | replicate).items():
        with opening(path):
            if sha256(path) != digest:
                raise DataError(
                    f"{path} is not the file that {manifest_file} was made from (its sha256 differs); get "
                    "that one, or label this one anew"
                )
    output = output or folder / before.output
    after = label_files([*files], before.request, output, tell=tell, replicate=[*replicate])
    if after.sha256 != before.sha256 and output.suffix.lower() == Path(before.output).suffix.lower():
        changed = ", ".join(
            f"{name} {version} was {before.versions.get(name)}"
            for name, version in after.versions.items()
            if before.versions.get(name) != version
        )
        raise DataError(f"{output} differs from the table of {manifest_file} ({changed or 'same versions'})")
    return after, output


def _check_paths(paths: Sequence[Path], output: Path) -> None:
    if output.suffix.lower() not in _ENDINGS:
        raise UsageError(f"{output} should end in {' or '.join(_ENDINGS)}")
    seen = {}
    for path in paths:
        with opening(path):
            key = os.path.realpath(path)
        if key in seen:
            raise UsageError(f"{path} is named twice")
        seen[key] = path
    if os.path.realpath(output) in seen:
        raise UsageError(f"{output} is one of the files to label; choose another name with -o")
    if output.exists() and not manifest_path(output).exists():
        raise UsageError(f"{output} is there, and was not made by `data label`; choose another name with -o")


def _written(made: Assembled, path: Path) -> Path:
    """Write the table; cells and knockdown only where any is known."""
    of_perturbations = ("cells", "knockdown")
    known = made.rows.select(pl.col(of_perturbations).is_not_null().any()).collect(engine="streaming")
    split = [name for name in ("split",) if name in made.rows.collect_schema()]
    rows = made.rows.select(*PAIR, "label", *split, *(name for name in of_perturbations if known[name][0]))
    if path.suffix == ".csv":
        rows.sink_csv(path)
    else:
        rows.sink_parquet(path)
    return path


def _source(results: Results, part: Part, output: Path) -> Source:
    with opening(results.origin):
        digest = sha256(results.origin)
    return Source(
        path=os.path.relpath(results.origin, output.parent),
        sha256=digest,
        tool=results.tool,
        columns=results.columns,
        fold_change_space=results.space,
        rows=part.facts.rows,
    )


def _notes(results: Results, part: Part, request: LabelRequest) -> Iterator[str]:
    """Yield what a reader of the labels should know of a file."""
    if results.note:
        yield results.note
    asked = request.thresholds.none_expression is not None
    if asked and "expression" in results.columns and not results.expressed:
        yield (
            f"{results.columns['expression']} of {results.tool} is no mean of counts, so the threshold on "
            "expression is not applied; --expression-column and --none-expression apply one"
        )
    if part.facts.only_up and results.space != "linear":
        yield (
            f"{results.origin.name}: no fold change is below 0; if they are ratios, say "
            "--fold-change-space linear"
        )


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(f"cannot write {output}: {error.strerror or error}") from None


@contextmanager
def _scratch_beside(output: Path) -> Iterator[Path]:
    """Yield a folder beside the output, so that what is made in it can be moved there at once."""
    with _writing(output):
        folder = tempfile.TemporaryDirectory(dir=output.parent, prefix=".labels-")
    with folder as name:
        yield Path(name)

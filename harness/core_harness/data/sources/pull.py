"""Download of a source into the data folder: all of its files, or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from core_harness.data.sources.convert import convert
from core_harness.data.sources.download import Progress, address, fetch
from core_harness.data.sources.manifest import Fetched, Record, add_records, holdings, sha256
from core_harness.errors import DataError, DownloadError, UsageError, unknown
from core_harness.registry.entries import SourceEntry


def choose(sources: Sequence[SourceEntry], names: Sequence[str]) -> list[SourceEntry]:
    """Return the sources that names mean, in the order of the registry, each once.

    A name is that of a source or of a collection of them, or ``all``. Raises
    :class:`~core_harness.errors.UsageError` for any other.
    """
    known = {"all"} | {source.name for source in sources} | {source.collection for source in sources}
    for name in names:
        if name not in known:
            raise UsageError(unknown("source", name, known))
    return [s for s in sources if {"all", s.name, s.collection} & set(names)]


def lacking(folder: Path, source: SourceEntry) -> list[str]:
    """Return the files of a source that a pull would download.

    Those are the absent ones, and those that were fetched but are changed or of another release. A file
    that was not fetched by us is never among them: it is left as it is.
    """
    return [h.file for h in holdings(folder, source) if h.state in {"absent", "changed", "older"}]


def pull(
    source: SourceEntry, folder: Path, *, mirror: str | None = None, progress: Progress, patience: float = 0.5
) -> dict[str, Record]:
    """Download what a source lacks, and return its records by file.

    Everything is downloaded, checked and converted in a hidden folder in the data folder, which is always
    deleted; then the records are written, and the files are moved to their places.

    Parameters
    ----------
    source
        An entry of the registry.
    folder
        The data folder; made where it is absent.
    mirror, progress, patience
        As in :func:`~core_harness.data.sources.download.fetch`.

    Raises
    ------
    DownloadError
        A file cannot be got or written, or is not what was published. Nothing is changed then.
    """
    wanted = lacking(folder, source)
    if not wanted:
        return {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".incoming-") as scratch:
            made = _make(source, wanted, Path(scratch), mirror=mirror, progress=progress, patience=patience)
            records = {file: record for file, (_, record) in made.items()}
            add_records(folder, records)
            for file, (new, _) in made.items():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                new.replace(folder / file)
    except OSError as error:
        raise DownloadError(
            f"{source.name} cannot be written to {folder}: {error.strerror or error}; make room there, or "
            "name another folder in CORE_HARNESS_DATA"
        ) from None
    return records


def adopt(source: SourceEntry, folder: Path, path: Path) -> Record:
    """Copy the one file of a source from ``path`` into the data folder, in place of a download.

    Raises :class:`DownloadError` for a file that is not what was published, or cannot be read or written.
    """
    (file,), (download,) = source.files, source.downloads
    try:
        found = sha256(path)
        if download.sha256 not in {None, found}:
            raise DownloadError(
                f"{path.name} is not what {source.name} is: its sha256 is {found}, not {download.sha256}; "
                "nothing was changed"
            )
        fetched = Fetched(url=download.url, bytes=path.stat().st_size, sha256=found)
        record = _record(source, path, [fetched])
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".incoming-") as scratch:
            copied = Path(shutil.copy(path, scratch))
            add_records(folder, {file: record})
            copied.replace(folder / file)
    except OSError as error:
        raise DownloadError(
            f"{source.name} cannot be copied to {folder}: {error.strerror or error}"
        ) from None
    return record


def _make(
    source: SourceEntry,
    wanted: Sequence[str],
    scratch: Path,
    *,
    mirror: str | None,
    progress: Progress,
    patience: float,
) -> dict[str, tuple[Path, Record]]:
    """Return the paths of the wanted files in the scratch folder, and their records."""

    def get(number: int) -> tuple[Path, Fetched]:
        download = source.downloads[number]
        path = fetch(download, scratch / str(number), mirror=mirror, progress=progress, patience=patience)
        return path, Fetched(url=address(download, mirror), bytes=path.stat().st_size, sha256=sha256(path))

    if source.convert is None:
        taken = {file: get(number) for number, file in enumerate(source.files) if file in wanted}
        return {file: (path, _record(source, path, [came])) for file, (path, came) in taken.items()}
    paths, downloads = zip(*map(get, range(len(source.downloads))), strict=True)
    progress(f"converting {source.name}", 0, 1)
    try:
        contents = convert(source.convert, paths)
    except DataError as error:
        raise DownloadError(f"{source.name}: {error}; it is not what was published, and not kept") from None
    made = {}
    for number, (file, content) in enumerate(zip(source.files, contents, strict=True)):
        if file in wanted:
            path = scratch / f"made-{number}"
            path.write_bytes(content)
            made[file] = (path, _record(source, path, downloads))
    return made


def _record(source: SourceEntry, path: Path, downloads: Sequence[Fetched]) -> Record:
    return Record(
        source=source.name,
        release=source.release,
        licence=source.licence,
        date=datetime.now(UTC).date().isoformat(),
        bytes=path.stat().st_size,
        sha256=sha256(path),
        downloads=tuple(downloads),
    )

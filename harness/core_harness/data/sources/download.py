"""One file over HTTP: resumed after interruptions, checked, and complete or absent."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import pooch
import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError
from urllib3.util import Retry

from core_harness.errors import DownloadError
from core_harness.registry.entries import Download

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_TRIES = 5
"""Attempts in a row that bring nothing before we give up."""

_TIMEOUT = (10, 60)  # seconds: to connect, and between two pieces
_PIECE = 1 << 13  # a piece that breaks off is lost
_BUSY = (429, 500, 502, 503, 504)
_HEADERS = {
    "User-Agent": f"core-harness/{version('core-harness')}",  # some publishers turn libraries' names away
    "Accept-Encoding": "identity",  # so that lengths and ranges are those of the file
}


def fetch(
    download: Download, folder: Path, *, mirror: str | None = None, progress: Progress, patience: float = 0.5
) -> Path:
    """Put a download into ``folder`` under the name that its address ends with, and return its path.

    A connection that fails and an answer of 429 or 5xx are tried again, with growing pauses; a file that
    is cut off goes on where it ended if the server can do that and the file is still the same, else from
    its beginning. Up to the last moment the file has a temporary name.

    Parameters
    ----------
    download
        What is wanted, and its SHA-256 digest if one is recorded.
    folder
        Where to put it; made where it is absent.
    mirror
        Address of a copy: below it, files are at ``host/path`` of their original address.
    progress
        Called with the bytes that are there, and how many there are in all.
    patience
        Seconds by which pauses grow: about one, two, four, eight times this.

    Raises
    ------
    DownloadError
        The server cannot be reached, refuses, keeps breaking off, sends a web page, or what it sent has
        another digest.
    OSError
        The file cannot be written.
    """
    pooch.get_logger().setLevel("WARNING")  # it would write a line to stderr for each file
    url = address(download, mirror)
    name = url.rpartition("/")[2]

    def downloader(url: str, target: str, _pooch: object) -> None:
        with Path(target).open("wb") as file:
            _Transfer(url, file, lambda done, total: progress(name, done, total), patience).run()

    known = None if download.sha256 is None else f"sha256:{download.sha256}"
    try:
        path: str = pooch.retrieve(url, known, fname=name, path=folder, downloader=downloader)
    except ValueError:
        raise DownloadError(
            f"{url} does not have the recorded SHA-256 digest {download.sha256}; it was changed or damaged "
            "on the way and is not kept: try again, or name another mirror with --mirror"
        ) from None
    return Path(path)


def address(download: Download, mirror: str | None) -> str:
    """Return where a download comes from: its address, or ``mirror/host/path``."""
    if mirror is None:
        return download.url
    return f"{mirror.rstrip('/')}/{download.url.removeprefix('https://')}"


class _Transfer:
    """The bytes of one address on their way into an open file."""

    def __init__(
        self, url: str, file: BinaryIO, progress: Callable[[int, int], None], patience: float
    ) -> None:
        self.url = url
        self.file = file
        self.progress = progress
        self.patience = patience
        self.done = 0
        self.total: int | None = None
        self.validator: str | None = None  # for If-Range; None where a file cannot be gone on with

    def run(self) -> None:
        fruitless = 0
        with self._client() as client:
            while True:
                before = self.done
                if self._go_on(client):
                    return
                fruitless = 0 if self.done > before else fruitless + 1
                if fruitless == _TRIES:
                    raise DownloadError(
                        f"{self.url} breaks off after {self.done} of {self.total or 'unknown'} bytes; try "
                        "again later, or name a mirror with --mirror"
                    )
                time.sleep(self.patience * 2**fruitless)

    def _client(self) -> requests.Session:
        client = requests.Session()
        client.headers.update(_HEADERS)
        retry = Retry(
            total=_TRIES - 1,
            backoff_factor=self.patience,
            status_forcelist=_BUSY,
            raise_on_status=False,
            respect_retry_after_header=False,  # it may ask for hours
        )
        for scheme in ("http://", "https://"):
            client.mount(scheme, HTTPAdapter(max_retries=retry))
        return client

    def _go_on(self, client: requests.Session) -> bool:
        """Ask for what is missing and write what comes; return whether that was all."""
        headers = {}
        if self.done and self.validator:
            headers = {"Range": f"bytes={self.done}-", "If-Range": self.validator}
        try:
            with client.get(self.url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
                self._begin(response)
                return self._write(response)
        except (requests.ConnectionError, requests.Timeout) as error:
            raise DownloadError(
                f"{self.url} cannot be reached ({_reason(error)}); check the network, or name a mirror with "
                "--mirror"
            ) from None
        except requests.RequestException as error:
            raise DownloadError(f"{self.url} cannot be got: {error}") from None

    def _begin(self, response: requests.Response) -> None:
        """Look at the head of an answer, and go to where its body belongs in the file."""
        status = response.status_code
        if status not in {200, 206}:
            raise DownloadError(
                f"{self.url} cannot be got: the server answers {status} {response.reason}; docs/data.md says "
                "what was there, and --mirror can name another place"
            )
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise DownloadError(
                f"{self.url} answers with a web page and not with the file; does the network ask for a login?"
            )
        if status == 200:
            self.done = 0
            self.file.seek(0)
            self.file.truncate()
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {self.done}-"):
            raise DownloadError(f"{self.url} answers with another part than asked for; name another mirror")
        length = response.headers.get("Content-Length", "")
        self.total = self.done + int(length) if length.isdigit() else None
        tag = response.headers.get("ETag", "")
        self.validator = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")

    def _write(self, response: requests.Response) -> bool:
        """Write the body as far as it comes; return whether it came to its end."""
        try:
            for piece in response.iter_content(_PIECE):
                self.file.write(piece)
                self.done += len(piece)
                self.progress(self.done, self.total or self.done)
        except (ChunkedEncodingError, requests.ConnectionError, requests.Timeout):
            return False
        return True


def _reason(error: requests.RequestException) -> str:
    """Return the innermost of the errors that requests and urllib3 wrap in one another."""
    inner = error.args[0] if error.args else error
    return str(getattr(inner, "reason", None) or inner).rpartition(": ")[2]

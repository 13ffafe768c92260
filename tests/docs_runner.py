"""Code blocks of the docs, and a reader who types what they say."""

from __future__ import annotations

import re
import shlex
import webbrowser
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from program import run_here
from small_packages import forget

from core_harness.testing import TestServer
from core_harness.testing.contract.subject import Subject

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (?P<path>[\w/.-]+\.\w+)\n")


REGISTRY = "mine.toml"
"""What pages call a user registry; a block of TOML with ``schema_version`` is one."""

OTHER_PROGRAMS = {
    "kill": "the test server ends with the reader",
    "pip": "installs; .ci/run does",
    "pytest": "made packages are tested in tests/plugins/test_starting.py",
    "python": "builds, serves or measures; .ci/run builds",
    "python3": "installs; .ci/run does",
    "wget": "downloads",
}
"""Programs that the reader does not start, and why."""


class Block(NamedTuple):
    """A code block of a page; ``language`` is empty for what is typed into a shell."""

    page: Path
    language: str
    text: str

    @property
    def is_typed(self) -> bool:
        """Whether it is typed into a shell."""
        return self.language in {"", "bash"}

    @property
    def lines(self) -> list[str]:
        """Lines of a shell, those that go on joined, without remarks."""
        joined = self.text.replace("\\\n", " ").splitlines()
        return [line for line in (re.sub(r"\s+#.*", "", text).strip() for text in joined) if line]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page, in order."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield Block(page, found["language"], found["text"])


class Reader(ExitStack):
    """A reader in a folder, who types what a page says; what ``pip`` installs is gone at the end.

    ``RUN`` is a run of the folder, each time another one, ``RUN...`` are the others; ``FILE`` is a file of
    predictions.
    """

    def __init__(self, folder: Path, data: Path) -> None:
        super().__init__()
        self.folder = folder
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._servers: Mapping[str, str] = {}
        self._environment = {"CORE_HARNESS_DATA": str(data), "CORE_HARNESS_CACHE": str(data / "cache")}
        self._patch = self.enter_context(pytest.MonkeyPatch.context())
        for name, value in self._environment.items():
            self._patch.setenv(name, value)
        self._patch.setattr(webbrowser, "open", lambda _: True)
        defaults = cast("dict[str, Any]", Subject.__init__.__kwdefaults__)
        self._patch.setitem(defaults, "pairs", 2_000)  # the large world takes a minute

    def do(self, block: Block, leave_out: Collection[str] = ()) -> None:
        """Do what a block says: type its lines, save the file that it is, or run its Python.

        Lines that begin like one of ``leave_out`` are not typed.
        """
        if block.language in {"python", "toml"} and (named := _FILE.match(block.text)):
            (self.folder / named["path"]).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / named["path"]).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            self._patch.chdir(self.folder)
            exec(compile(block.text, str(block.page), "exec"), self._names)
        elif block.language == "toml" and block.text.startswith("schema_version"):
            (self.folder / REGISTRY).write_text(block.text, encoding="utf-8")
        elif block.is_typed:
            for line in block.lines:
                if not line.startswith(tuple(leave_out)):
                    self.type(line)

    def type(self, line: str) -> None:
        """Do what a line of a shell says. Raises AssertionError where that fails, or cannot be done."""
        for written, port in self._servers.items():
            line = line.replace(written, port)
        command, *arguments = shlex.split(line)
        if command == "cd":
            self.folder = self.folder / arguments[0]
        elif command == "export":
            name, _, value = arguments[0].partition("=")
            self._environment[name] = value
        elif line == "pip install -e '.[test]'":
            self._install()
        elif line.startswith("core-harness testserver --port "):
            server = self.enter_context(TestServer(model="follows-evidence"))
            self._servers = {f":{arguments[2]}/": f":{server.url.split(':')[2].partition('/')[0]}/"}
        elif command == "core-harness":
            self._program(*arguments)
        elif command not in OTHER_PROGRAMS:
            raise AssertionError(f"the reader does not know how to do {line!r}")

    def _program(self, *arguments: str) -> None:
        runs = iter(sorted((path.name for path in self.folder.glob("runs/*")), reverse=True))
        words = [name for word in arguments for name in self._meant(word, runs)]
        done = run_here(*words, cwd=self.folder, **self._environment)
        assert done.returncode == 0, f"core-harness {shlex.join(words)}: {done.stderr}"

    def _meant(self, word: str, runs: Iterator[str]) -> list[str]:
        """Return what a shell, or a reader, makes of a word."""
        if word in {"RUN", "RUN..."}:
            return [next(runs)] if word == "RUN" else [*runs]
        if word == "FILE":
            return ["predictions.parquet"]
        if "*" not in word:
            return [word]
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(word))

    def _install(self) -> None:
        """Do what an editable install does: the sources on the path, and what the entry points say."""
        home, name = self.folder / "src", self.folder.name.replace("-", "_")
        metadata = home / f"{name}-0.1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {self.folder.name}\nVersion: 0.1.0\n", encoding="utf-8"
        )
        (metadata / "entry_points.txt").write_text(f"[core_harness]\nmine = {name}.hooks\n")
        self._patch.syspath_prepend(str(home))
        forget(name)
        self.callback(forget, name)

"""`--out` replaces and deletes what was written there before, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.errors import RunError
from core_harness.leaderboard.publish import LIST, publish

SITE = {"index.html": "one", "runs/a.html": "a", "runs/b.html": "b", "assets/site.css": "c"}
NAMES = st.sampled_from(
    ["index.html", "runs/a.html", "runs/b.html", "assets/x/y.css", ".git/config", "CNAME"]
)


def writer(files: Mapping[str, str]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)

    return write


def content(folder: Path) -> dict[str, str]:
    """Return the files of a folder, without the list."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != LIST)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def test_an_earlier_site_is_replaced_and_what_it_had_besides_stays(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "site"
    publish(out, writer(SITE))
    assert content(out) == SITE
    besides = {".git/config": "[core]", "CNAME": "example.org", "runs/notes.txt": "mine"}
    writer(besides)(out)
    publish(out, writer({"index.html": "two", "runs/b.html": "b"}))
    assert content(out) == {"index.html": "two", "runs/b.html": "b", **besides}
    assert not (out / "assets").exists()


@pytest.mark.parametrize(
    "files",
    [
        {"thesis.tex": "years of work"},
        {"leaderboard.json": "{}", ".git/config": "[core]"},
        {LIST: "{}"},
        {LIST: '{"files": ["index.html"]}'},
        {LIST: json.dumps({"files": {"../thesis.tex": ["0"]}})},
        {LIST: json.dumps({"files": {"/etc/passwd": ["0"]}})},
    ],
    ids=str,
)
def test_a_folder_of_something_else_is_refused(files: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "home"
    out.mkdir()
    writer(files)(out)
    before = sorted(out.rglob("*"))
    with pytest.raises(RunError, match="holds no site of core-harness; name an empty or a new folder"):
        publish(out, writer(SITE))
    assert sorted(out.rglob("*")) == before
    with pytest.raises(RunError, match="holds no site"):
        publish(out / next(iter(files)), writer(SITE))


def test_what_was_changed_or_put_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "site"
    publish(out, writer(SITE))
    (out / "index.html").write_text("edited by hand")
    before = content(out)
    with pytest.raises(RunError, match=r"index\.html was not written by core-harness, or was changed since"):
        publish(out, writer(SITE))
    with pytest.raises(RunError, match=r"index\.html/x was not written"):
        publish(out, writer({"index.html/x": "below a file"}))
    assert content(out) == before
    publish(out, writer({"other.html": "o"}))  # it is not in the way: left alone
    assert content(out) == {"index.html": "edited by hand", "other.html": "o"}


def test_links_are_not_followed(tmp_path: Path) -> None:
    out, home = tmp_path / "site", tmp_path / "home"
    publish(out, writer(SITE))
    (out / "runs").rename(home)
    (out / "runs").symlink_to(home)
    with pytest.raises(RunError, match="was not written by core-harness"):
        publish(out, writer(SITE))
    publish(out, writer({"index.html": "two"}))
    assert content(home) == {"a.html": "a", "b.html": "b"}


def test_a_failure_changes_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "index.html").write_text("half")
        raise OSError(28, "No space left on device")

    for out in (tmp_path / "new", tmp_path / "old"):
        if out.name == "old":
            publish(out, writer(SITE))
        before = content(out)
        with pytest.raises(RunError, match=r"cannot write to .*No space left"):
            publish(out, fail)
        assert content(out) == before
    assert not (tmp_path / "new").exists()


def test_what_was_cut_off_while_files_were_moved_can_be_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "site"
    publish(out, writer(SITE))
    moved = Path.replace
    left = iter(range(3))

    def cut_off(path: Path, target: Path) -> Path:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return moved(path, target)

    with monkeypatch.context() as context:
        context.setattr(Path, "replace", cut_off)
        with pytest.raises(KeyboardInterrupt):
            publish(out, writer({"index.html": "two", "runs/a.html": "A", "runs/c.html": "C"}))
    publish(out, writer({"index.html": "three"}))
    assert content(out) == {"index.html": "three"}


@given(st.lists(st.dictionaries(NAMES, st.sampled_from("xyz"), max_size=4), max_size=4), st.sets(NAMES))
def test_files_that_were_not_written_here_outlive_every_call(
    tmp_path_factory: pytest.TempPathFactory, sites: list[dict[str, str]], foreign: set[str]
) -> None:
    out = tmp_path_factory.mktemp("out") / "site"
    publish(out, writer({"index.html": "first"}))
    foreign -= {"index.html"}
    writer(dict.fromkeys(foreign, "foreign"))(out)
    for site in sites:
        if foreign & site.keys():
            with pytest.raises(RunError):
                publish(out, writer(site))
        else:
            publish(out, writer(site))
            assert {name: text for name, text in content(out).items() if name not in foreign} == site
        assert {name: content(out)[name] for name in foreign} == dict.fromkeys(foreign, "foreign")

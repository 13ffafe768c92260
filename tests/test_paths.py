"""Where data and caches are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core_harness.errors import DataError
from core_harness.paths import cache_folder, data_folder

FOLDERS = [(data_folder, "CORE_HARNESS_DATA"), (cache_folder, "CORE_HARNESS_CACHE")]


@pytest.mark.parametrize(("folder", "variable"), FOLDERS)
def test_the_variable_names_the_folder_and_nothing_is_created(
    folder: Callable[[], Path], variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "new"))
    assert folder() == tmp_path / "new"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("folder", "variable"), FOLDERS)
@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_it_is_the_users_folder(
    folder: Callable[[], Path], variable: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is None:
        monkeypatch.delenv(variable, raising=False)
    else:
        monkeypatch.setenv(variable, value)
    assert "core-harness" in folder().parts


@pytest.mark.parametrize(("folder", "variable"), FOLDERS)
def test_a_tilde_is_the_home(
    folder: Callable[[], Path], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "~/here")
    assert folder() == Path.home() / "here"


@pytest.mark.parametrize(("folder", "variable"), FOLDERS)
def test_a_file_is_no_folder(
    folder: Callable[[], Path], variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv(variable, str(file))
    with pytest.raises(DataError, match=f"{variable} names '.*file', which is not a folder; name a folder"):
        folder()

"""The program is whole however it was installed: wheel, source distribution, checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # it builds distributions

ROOT = Path(__file__).parents[1]
PROBE = """
import core_harness, json, sys
from core_harness.plugins.catalog import catalog
from core_harness.registry.loading import shipped_registry
from core_harness.registry.shipped import registry_path
print(json.dumps({
    "package": core_harness.__path__[0],
    "registry": str(registry_path()),
    "strategies": sorted(shipped_registry().strategies),
    "broken": len(catalog().broken),
    "aggregators": catalog().names("aggregator"),
}))
"""


def run(arguments: Sequence[str], **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


LEADERBOARD = {f"core_harness/leaderboard/{path}" for path in ("templates/board.html", "assets/site.js")}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution, and the wheel from it, as an index would get them."""
    folder = tmp_path_factory.mktemp("dist")
    run(["-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)])
    return folder


def test_an_installed_wheel_finds_its_registry_and_its_components(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert {
        "core_harness/registry.toml",
        "core_harness/py.typed",
        "core_harness_plugins/py.typed",
    } | LEADERBOARD <= set(names)
    roots = {name.split("/")[0] for name in names}
    assert len(roots) == 3
    assert {"core_harness", "core_harness_plugins"} < roots
    said = run(["-c", PROBE], PYTHONPATH=str(tmp_path))
    assert f'"registry": "{tmp_path}/core_harness/registry.toml"' in said
    assert '"vote"' in said
    assert '"broken": 0' in said


def test_the_source_distribution_holds_all_that_is_needed_to_build_and_test(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {
        "registry.toml",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CITATION.cff",
        "tests/test_install.py",
    }
    assert needed | {"tests/test_install.py"} <= names
    assert not [name for name in names if name.startswith((".", "runs")) and name != ".gitignore"]


def test_a_checkout_finds_its_registry() -> None:
    said = run(["-c", PROBE], PYTHONPATH=os.pathsep.join([str(ROOT / "harness"), str(ROOT / "plugins")]))
    assert f'"registry": "{ROOT / "registry.toml"}"' in said

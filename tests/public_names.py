"""What scripts and plugins import. ``python tests/public_names.py`` writes the golden list."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

from core_harness.plugins import protocols

LIST = Path(__file__).parent / "golden" / "public-names.txt"


def modules() -> list[str]:
    """Return the modules that the manual of plugin authors lists."""
    return re.findall(r"^``(core_harness[\w.]*)``", protocols.__doc__ or "", re.MULTILINE)


def listed() -> str:
    """Return a line a public name, with its module."""
    return "".join(
        f"{module}: {name}\n" for module in modules() for name in sorted(_public(import_module(module)))
    )


def _public(module: ModuleType) -> list[str]:
    """Return what a module lists as its own, else what it defines: what it imports is not its own."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    defined = re.findall(r"^(?:class |def |async def )?([A-Za-z]\w*)(?=[(:]| *[:=])", source, re.MULTILINE)
    return [name for name in dict.fromkeys(defined) if hasattr(module, name)]


if __name__ == "__main__":
    LIST.write_text(listed(), encoding="utf-8")

"""Modules of hooks that cannot be used, and components whose target cannot: what is said of each."""

from __future__ import annotations

_REGISTER = "from core_harness import Component, hookimpl\n@hookimpl\ndef core_aggregators(): "

HOOKS = {
    "an import that fails": ("import gone", "ModuleNotFoundError: No module named 'gone'"),
    "no Python": ("def (", "SyntaxError: invalid syntax"),
    "an import that exits": ("raise SystemExit(7)", "SystemExit: 7"),
    "a hook that returns nothing": (f"{_REGISTER}...", "core_aggregators returned None, wanted a list"),
    "a hook that returns a text": (f"{_REGISTER}return 'vote'", "core_aggregators returned 'vote', wanted"),
    "a hook that returns names": (f"{_REGISTER}return ['vote']", "returned 'vote', wanted a Component"),
    "a hook that fails": (f"{_REGISTER}1 / 0", "ZeroDivisionError: division by zero"),
    "a hook without its mark": ("def core_aggregators(): return []", "is not marked with @hookimpl"),
    "a misspelt hook": (
        "from core_harness import hookimpl\n@hookimpl\ndef core_agregators(): return []",
        "unknown hook 'core_agregators'",
    ),
    "another interface": (
        f"{_REGISTER}return [Component('a', 'odd.parts:A', '', api=9)]",
        "speaks interface 9, this core speaks 1",
    ),
    "a name with markup": (f"{_REGISTER}return [Component('[b]', 'odd.parts:A', '')]", "name"),
    "a name that is a path": (f"{_REGISTER}return [Component('../a', 'odd.parts:A', '')]", "name"),
}
"""What is wrong with a module of hooks: its source, and the reason that is given."""

TARGETS = {
    "a module that is missing": ("odd.gone:A", "ModuleNotFoundError: No module named 'odd.gone'"),
    "a class that is missing": ("odd.parts:Gone", "AttributeError"),
    "no class": ("odd.right:RELATIONS", "is dict"),
    "a function": ("odd.right:frame", "is function"),
    "an import that exits": ("odd.exits:A", "SystemExit: 9"),
}
"""What is wrong with the target of a component, and what is said when it is used."""

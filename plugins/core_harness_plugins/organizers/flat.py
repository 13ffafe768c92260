"""The evidence of ``contrast``, not organized: what a model makes of the bare rows."""

from __future__ import annotations

from core_harness_plugins.organizers.asking import OnSameGene


class FlatList(OnSameGene):
    """Exactly the rows of ``contrast``, as one list with outcomes, nearest first."""

    template = "flat"

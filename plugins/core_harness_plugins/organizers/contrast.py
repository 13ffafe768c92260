"""CORE's organization of evidence: who moved this gene, against who did not (arXiv 2606.01042)."""

from __future__ import annotations

from core_harness_plugins.organizers.asking import OnSameGene


class Contrast(OnSameGene):
    """Positives against negatives on the same gene, in two groups."""

    template = "contrastive"

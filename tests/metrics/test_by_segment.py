from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given

from core_harness.metrics import checked, measures
from core_harness.metrics.by_segment import auroc_by, placements
from core_harness.metrics.segments import GENE, PERTURBATION
from metrics.worlds import scored_frames


@given(scored_frames())
def test_their_mean_is_the_macro_metric(frame: pl.DataFrame) -> None:
    rows = checked(frame)
    for by, metric in ((GENE, "macro_gene_auroc"), (PERTURBATION, "macro_perturbation_auroc")):
        found = auroc_by(rows, by)
        wanted = measures(rows)[metric]
        assert found.height == (wanted.genes if by == GENE else wanted.perturbations)
        if found.height:
            assert found["auroc"].mean() == pytest.approx(wanted.estimate(), abs=1e-12)


@given(scored_frames())
def test_placements_of_either_class_average_to_the_auroc(frame: pl.DataFrame) -> None:
    placed = placements(checked(frame), GENE)
    assert placed["placement"].is_between(0, 1).all()
    by_class = placed.group_by(*GENE, "label").agg(pl.col("placement").mean())
    both = auroc_by(checked(frame), GENE).join(by_class, on=list(GENE))
    assert both.height == 2 * auroc_by(checked(frame), GENE).height
    assert ((both["auroc"] - both["placement"]).abs() < 1e-12).all()


def test_a_placement_by_hand() -> None:
    rows = pl.DataFrame(
        {
            "context": "c",
            "gene": "g",
            "label": [1, 1, 0, 0, 0, 0],
            "score": [0.5, 0.9, 0.1, 0.5, 0.6, None],
        }
    )
    placed = placements(rows, GENE)
    # of the negatives .1, .5, .6 the first positive beats one and ties with one; the second beats all
    assert placed["placement"].to_list() == [0.5, 1.0, 1.0, 0.75, 0.5]

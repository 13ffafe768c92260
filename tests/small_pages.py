"""What readers of the docs have: small data under the names of the published ones, and files of their own."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
from data.labels.de_worlds import deseq2, results
from small_drugs import write_l1000
from small_knowledge import GO, write_data

ASKED = ("HSPA5", "PSMD4", "AAMP", *(f"ASKED{number}" for number in range(7)))
MEASURED = ("TP53", "MDM2", "CASP9", "BAX", "PSMA1", "PSMB5", *(f"SEEN{number:02}" for number in range(24)))
GENES = ("DDIT3", "FTL", *(f"G{number:02}" for number in range(12)))
KINDS = 4
"""Perturbations of one kind are in one set of the graph, and move the same genes."""


def rows(seed: int) -> pl.DataFrame:
    """Return ``pert, gene, label, up, split`` of one cell line, whole."""
    rng = np.random.default_rng(seed)
    moved = np.random.default_rng(0).random((KINDS, len(GENES))) < 0.4
    names = [*ASKED, *MEASURED]
    made = [
        (name, gene, int(rng.random() < (0.85 if moved[at % KINDS, g] else 0.1)), int(rng.random() < 0.5))
        for at, name in enumerate(names)
        for g, gene in enumerate(GENES)
    ]
    split = pl.when(pl.col("pert").is_in(ASKED)).then(pl.lit("test")).otherwise(pl.lit("train"))
    schema = ["pert", "gene", "label", "up"]
    return pl.DataFrame(made, schema=schema, orient="row").with_columns(split=split)


def write_shared(data: Path) -> None:
    """Write a data folder: four small lines of PerturbQA, a small L1000, and a graph that knows the names."""
    write_data(data)
    write_l1000(data)
    for seed, line in enumerate(("k562", "rpe1", "hepg2", "jurkat")):
        whole = rows(seed)
        of = {"de": whole.drop("up"), "dir": whole.filter(label=1).with_columns(label="up").drop("up")}
        for question, table in of.items():
            table.write_csv(data / "perturbqa" / f"{line}-{question}.csv")
    lines = ["symbol\tuniprot\tgo_id\taspect\tgo_name\tevidence\tdate"]
    for at, name in enumerate((*ASKED, *MEASURED)):
        kind = f"GO:{at % KINDS + 1:07}\tBP\tprocess {at % KINDS}"
        elsewhere = ("GO:0005634\tCC\tnucleus", "GO:0003677\tMF\tDNA binding")
        lines.append(f"{name}\tx\t{kind}\tIDA\t20040915")
        lines += [f"{name}\tx\t{term}\tIMP\t20230102" for term in elsewhere]
    (data / "kg" / GO).write_bytes(gzip.compress("\n".join(lines).encode()))
    (data / "kg" / "corum.gmt").write_text("\t".join(["proteasome", "", "PSMA1", "PSMB5", "PSMD4"]))
    contacts = "bait\tprey\tscore\nPSMA1\tPSMB5\t90\nHSPA5\tTP53\t50\n"
    (data / "kg" / "contacts.tsv.gz").write_bytes(gzip.compress(contacts.encode()))


def write_own(folder: Path) -> None:
    """Write the files that the docs say a reader may have: results, tables, predictions."""
    (folder / "results").mkdir()
    deseq2(results(tuple(MEASURED[:12]), genes=40), folder / "results")
    table = rows(0)
    table.drop("up").write_csv(folder / "screen.csv")
    asked = table.filter(split="test").select(perturbation="pert", gene="gene")
    asked.write_csv(folder / "PAIRS.csv")
    asked.with_columns(score=pl.int_range(pl.len()) / pl.len()).write_parquet(folder / "predictions.parquet")
    direction = pl.when(up=1).then(pl.lit("up")).otherwise(pl.lit("down"))
    label = pl.when(label=1).then(direction).otherwise(pl.lit("none"))
    named = pl.col("pert") + "_" + pl.col("gene")
    table.select(named.alias("id"), "pert", "gene", label=label).write_csv(folder / "train.csv")

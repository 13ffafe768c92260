"""A data folder of a few rows: small files where the shipped registry wants the real ones."""

from __future__ import annotations

import gzip
from pathlib import Path

SCORE = "combined_score"

GO = "go_annotations.tsv.gz"


def write_annotations(data: Path) -> None:
    """Write GO annotations with evidence codes and dates, as ``data pull go`` makes them, into ``data``."""
    rows = [
        "symbol\tuniprot\tgo_id\taspect\tgo_name\tevidence\tdate",
        "P53\tx\tGO:0006915\tBP\tapoptotic process\tIDA\t20040915",
        "P53\tx\tGO:0006915\tBP\tapoptotic process\tIMP\t20230102",
        "MDM2\tx\tGO:0006915\tBP\tapoptotic process\tIMP\t20230102",
        "BAX\tx\tGO:0006915\tBP\tapoptotic process\tTAS\t20100101",
        "CASP9\tx\tGO:0008219\tBP\tcell death\tIDA\t20100101",
        "TP53\tx\tGO:0005634\tCC\tnucleus\tHDA\t20200101",
        "MDM2\tx\tGO:0005634\tCC\tnucleus\tIEA\t20240101",
        "TP53\tx\tGO:0003677\tMF\tDNA binding\tIDA\t20200101",
    ]
    (data / "kg" / GO).write_bytes(gzip.compress("\n".join(rows).encode()))


def write_data(data: Path) -> None:
    """Write the files of all shipped layers, and of ``perturbqa/k562`` with one test pair, into ``data``."""
    kg = data / "kg"
    kg.mkdir(parents=True)
    go = [
        "symbol\tuniprot\tgo_id\taspect\tgo_name",
        *(f"{gene}\tx\tGO:0006915\tBP\tapoptotic process" for gene in ("P53", "MDM2", "CASP9", "BAX")),
        *(f"{gene}\tx\tGO:0030330\tBP\tp53 signalling" for gene in ("TP53", "MDM2")),
        "TP53\tx\tGO:0005634\tCC\tnucleus",
        "CASP9\tx\tGO:0005634\tCC\tnucleus",
        "TP53\tx\tGO:0003677\tMF\tDNA binding",
    ]
    (kg / GO).write_bytes(gzip.compress("\n".join(go).encode()))
    (kg / "ReactomePathways_2024-09-18.gmt").write_text("Apoptosis\tR-HSA-1\tCASP9\tBAX\n")
    (kg / "coessentiality_modules.tsv").write_text(
        "\t".join(["Cluster number", "", "Most-enriched GO term", *"defghijk", "Genes"])
        + "\n"
        + "\t".join(["7", "", "process:p53", *"defghijk", "TP53", "MDM2", "BAX"])
    )
    channels = ("coexpression", "experiments", "database")
    string = [
        "\t".join(
            ["symbol_a", "symbol_b", *(f"{c}{t}" for c in channels for t in ("", "_transferred")), SCORE]
        ),
        "TP53\tMDM2\t100\t0\t900\t500\t900\t0\t999",
        "TP53\tBAX\t0\t0\t600\t0\t0\t0\t700",
        "MDM2\tBAX\t0\t60\t0\t400\t0\t0\t450",
    ]
    (kg / "string_v12_no_textmining.tsv.gz").write_bytes(gzip.compress("\n".join([*string, ""]).encode()))
    aliases = "Symbol\tApproved.Symbol\nTP53\tTP53\nP53\tTP53\nTWO\tBAX\nTWO\tMDM2\n"
    (kg / "hgnc_alias_to_approved.tsv.gz").write_bytes(gzip.compress(aliases.encode()))
    (kg / "hgnc_genes.tsv").write_text(
        "hgnc_id\tsymbol\tname\nHGNC:11998\tTP53\ttumor protein p53\nHGNC:6973\tMDM2\tMDM2 proto-oncogene\n"
    )
    perturbqa = data / "perturbqa"
    perturbqa.mkdir()
    rows = ["P53,G,1,train", "MDM2,G,0,train", "NEWGENE,G,1,train", "BAX,G,1,test"]
    (perturbqa / "k562-de.csv").write_text("\n".join(["pert,gene,label,split", *rows]))

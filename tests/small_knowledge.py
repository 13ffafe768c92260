"""A data folder of a few rows: small files where the shipped registry wants the real ones."""

from __future__ import annotations

import gzip
from pathlib import Path


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
    (kg / "go_annotations.tsv.gz").write_bytes(gzip.compress("\n".join(go).encode()))
    (kg / "ReactomePathways_2024-09-18.gmt").write_text("Apoptosis\tR-HSA-1\tCASP9\tBAX\n")
    (kg / "coessentiality_modules.tsv").write_text(
        "\t".join(["Cluster number", "", "Most-enriched GO term", *"defghijk", "Genes"])
        + "\n"
        + "\t".join(["7", "", "process:p53", *"defghijk", "TP53", "MDM2", "BAX"])
    )
    string = "symbol_a\tsymbol_b\tcombined_score\nTP53\tMDM2\t999\nTP53\tBAX\t700\nMDM2\tBAX\t450\n"
    (kg / "string_v12_no_textmining.tsv.gz").write_bytes(gzip.compress(string.encode()))
    aliases = "Symbol\tApproved.Symbol\nTP53\tTP53\nP53\tTP53\nTWO\tBAX\nTWO\tMDM2\n"
    (kg / "hgnc_alias_to_approved.tsv.gz").write_bytes(gzip.compress(aliases.encode()))
    (kg / "hgnc_genes.tsv").write_text("hgnc_id\tsymbol\nHGNC:11998\tTP53\nHGNC:6973\tMDM2\n")
    perturbqa = data / "perturbqa"
    perturbqa.mkdir()
    rows = ["P53,G,1,train", "MDM2,G,0,train", "NEWGENE,G,1,train", "BAX,G,1,test"]
    (perturbqa / "k562-de.csv").write_text("\n".join(["pert,gene,label,split", *rows]))

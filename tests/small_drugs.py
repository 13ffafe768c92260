"""A small L1000: files as the dataset reads them, of drugs in classes that move their own genes."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

CLASSES = 4
DRUGS = 40
GENES = 24


def write_l1000(folder: Path, *, unknown: int = 4) -> None:
    """Write ``drugs/`` into a data folder: drug n of class n % 4 acts on the gene TARGET of its class.

    ``unknown`` drugs more have a name but neither target nor mechanism.
    """
    home = folder / "drugs"
    home.mkdir(parents=True)
    rng = np.random.default_rng(0)
    lines = ["\t".join(["perturbagen", *(str(100 + gene) for gene in range(GENES))])]
    notes = ["drugbank_id\tname\tmoa\ttargets\tsmiles"]
    for number in range(DRUGS + unknown):
        kind = number % CLASSES
        moved = np.arange(GENES) % CLASSES == kind
        z = np.where(moved & (rng.random(GENES) < 0.8), 6.0 * (1 - 2 * (kind % 2)), rng.normal(size=GENES))
        lines.append("\t".join([f"DB{number:05}", *(f"{value:.3f}" for value in z)]))
        known = (f"class {kind} inhibitor", f"TARGET{kind}|SHARED") if number < DRUGS else ('""', '""')
        notes.append("\t".join([f"DB{number:05}", f"drug{number}", *known, "C" * (number + 1)]))
    (home / "l1000_consensus_z.tsv.gz").write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    (home / "drug_annotations.tsv").write_text("\n".join(notes) + "\n", encoding="utf-8")
    genes = [f"{100 + gene}\tGENE{gene}\tgene {gene}" for gene in range(GENES)]
    (home / "l1000_genes.tsv").write_text("\n".join(["entrez_gene_id\tsymbol\tdescription", *genes]) + "\n")

"""Tables that are wrong, each with the line that says what is wrong."""

from __future__ import annotations

import gzip
import io

import polars as pl

HEADER = "pert,gene,label,split"


def text(*more: str, header: str = HEADER) -> bytes:
    """Return a table of two good rows, 2 and 3, and ``more`` behind them."""
    return "\n".join([header, "A,X,1,train", "B,X,0,test", *more, ""]).encode()


def parquet(**columns: object) -> bytes:
    """Return a Parquet file of two good rows, with some columns in another way."""
    good = {"pert": ["A", "B"], "gene": ["X", "X"], "label": [1, 0], "split": ["train", "test"]}
    kept = {name: values for name, values in {**good, **columns}.items() if values is not None}
    out = io.BytesIO()
    pl.DataFrame(kept, strict=False).write_parquet(out)
    return out.getvalue()


PACKED = gzip.compress(text(), mtime=0)
BAD_FILES = {
    "another ending": ("t.xlsx", b"PK", "is not the name of a table; it should end in .csv, .tsv, .txt"),
    "no ending": ("table", text(), "it should end in"),
    "parquet in gz": ("t.parquet.gz", gzip.compress(parquet()), "it should end in"),
    "empty": ("t.csv", b"", "is empty"),
    "blank": ("t.csv", b"\n\r\n \n", "is empty"),
    "mark alone": ("t.csv", b"\xef\xbb\xbf", "is empty"),
    "header alone": ("t.csv", HEADER.encode(), "has a header but no rows"),
    "latin-1": (
        "t.csv",
        text() + b"C,Caf\xe9,1,train",
        "row 4: byte 0xe9 is not UTF-8; save it as UTF-8",
    ),
    "latin-1 after a long row": (
        "t.csv",
        text('"C\nC",X,1,train') + b"\xff",
        "row 5: byte 0xff is not UTF-8",
    ),
    "latin-1 after a long row of tsv": ("t.tsv", b'a\tb\nx\t"y\nz"\n\xff', "row 3: byte 0xff is not UTF-8"),
    "latin-1 after a mark": ("t.csv", b"\xef\xbb\xbfa\n\xc3\xa9\xe9", "row 2: byte 0xe9 is not UTF-8"),
    "latin-1 after a huge field": ("t.csv", text("C" * 200_000) + b"\xff", "row 4: byte 0xff is not UTF-8"),
    "utf-16": ("t.csv", text().decode().encode("utf-16"), "row 1: byte 0xff is not UTF-8"),
    "NUL": ("t.csv", text("C,X\0,1,train"), "row 4: a NUL character"),
    "gz that is not": ("t.csv.gz", text(), "is not a gzip file; take '.gz' off its name"),
    "gz cut off": ("t.csv.gz", PACKED[:-12], "is a damaged gzip file"),
    "gz with a wrong sum": ("t.csv.gz", PACKED[:-8] + b"\0" * 8, "is a damaged gzip file"),
    "gz scrambled": ("t.csv.gz", PACKED[:10] + b"\xff" * 40, "is a damaged gzip file"),
    "gz of nothing": ("t.csv.gz", gzip.compress(b""), "is empty"),
    "no test rows": ("t.csv", b"pert,gene,label,split\nA,X,1,train\n", "the test split is empty"),
    "no train rows": ("t.csv", b"pert,gene,label,split\nA,X,1,test\n", "the train split is empty"),
    "train rows of perturbed genes": ("t.csv", text().replace(b"A,X", b"A,A"), "the train split is empty"),
    "no context": ("t.csv", b"context,pert,gene,label,split\n,A,X,1,train\n", "row 2: no context"),
    "parquet cut off": ("t.parquet", parquet()[:-9], "is not a whole Parquet file"),
    "parquet that is not": ("t.parquet", text(), "is not a whole Parquet file"),
    "parquet empty": ("t.parquet", b"", "is not a whole Parquet file"),
}
BAD_HEADERS = {
    "pert,gene,gene,split": "row 1: column 'gene' occurs 2 times; rename it",
    "pert,gene,label, gene": "row 1: column 'gene' occurs 2 times",
    "pert,Genes,label,split": "no column 'gene'; did you mean 'Genes'? (columns: pert, Genes, label, split)",
    "pert,gene,Gene,split": "columns 'gene' and 'Gene' mean the same; keep one",
    "perturbations,gene,label,split": "no column 'perturbation' or 'pert'; did you mean 'perturbations'?",
    "pert,gene,y,split": "no column 'label' (columns: pert, gene, y, split)",
    "pert,gene,label,fold": "no column 'split' (columns",
    "pert,gene,perturbation,split": "columns 'perturbation' and 'pert' mean the same; keep one",
}
BAD_ROWS = {
    'C,"X,1,train\nD,X,1,train': "row 4: unexpected end of data; is a quote left open?",
    'C,"X"Y,1,train': "row 4: ',' expected after '\"'",
    f"C,{'X' * 200_000},1,train": "row 4: field larger than field limit",
    "C,X,1": "row 4: the number of fields is 3, in the header 4; quote fields",
    "C,X,1,train,more": "row 4: the number of fields is 5, in the header 4",
    '\n"C\nC",X,1,train\nD': "row 6: the number of fields is 1, in the header 4",
    ",X,1,train": "row 4: no perturbation; fill it in, or take the row out",
    "C, ,1,train\nD,,1,train": "row 4: no gene; fill it in, or take the row out (and 1 more like it)",
    "C,X,1,": "row 4: no split; fill it in",
    "C,X,0.5,train": "row 4: label '0.5' is not 0 or 1; write 1 where the answer is yes and 0 where it is no",
    "C,X,yes,train": "row 4: label 'yes' is not 0 or 1",
    "C,X,2,train": "row 4: label '2' is not 0 or 1",
    "C,X,{gene},train": "row 4: label '{gene}' is not 0 or 1",
    f"C,X,{'1' * 1000},train": f"row 4: label '{'1' * 40}...' is not 0 or 1",
    HEADER: "row 4: label 'label' is not 0 or 1",
    "C,X,1,valid": "row 4: unknown split 'valid'; write 'train' or 'test'",
    'C,"X\nY",1,train': "row 4: a control character in gene 'X\\nY'; is a quote left open?",
    "A,X,0,train": "row 4: 'A' and 'X' in context 'c' have label 0, but 1 in row 2; keep one of the two",
    "A,X,1,train\nA,X,0,train": "row 5: 'A' and 'X' in context 'c' have label 0, but 1 in row 4",
    "B,X,0,train": "row 4: 'B' and 'X' in context 'c' have split 'train', but 'test' in row 3",
    "A,Y,1,test": "row 4: perturbation 'A' of context 'c' is in split 'test', but in 'train' in row 2",
}
BAD_PARQUET: dict[str, tuple[dict[str, object], str]] = {
    "no rows": ({"pert": [], "gene": [], "label": [], "split": []}, "has a header but no rows"),
    "no column": ({"split": None}, "no column 'split'"),
    "label infinite": ({"label": [1.0, float("inf")]}, "row 2: label 'inf' is not 0 or 1"),
    "label .5": ({"label": [0.5, 1.0]}, "row 1: label '0.5' is not 0 or 1"),
    "label 2": ({"label": [1, 2]}, "row 2: label '2' is not 0 or 1"),
    "label in lists": ({"label": [[1], [0]]}, "column 'label': values of type List(Int64) are no labels"),
    "gene null": ({"gene": ["X", None]}, "row 2: no gene"),
    "genes all null": ({"gene": [None, None]}, "row 1: no gene"),
    "genes in fractions": ({"gene": [1.5, 2.5]}, "column 'gene': values of type Float64 are no names"),
}
BAD = {
    **BAD_FILES,
    **{f"header {header}": ("t.csv", text(header=header), says) for header, says in BAD_HEADERS.items()},
    **{f"row {row[:40]!r}": ("t.csv", text(row), says) for row, says in BAD_ROWS.items()},
    **{f"parquet, {name}": ("t.parquet", parquet(**c), says) for name, (c, says) in BAD_PARQUET.items()},
}

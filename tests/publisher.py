"""A publisher of files on the loopback interface, with the faults of real ones."""

from __future__ import annotations

import gzip
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, NamedTuple

Validator = Literal["etag", "weak", "date", "none"]


class Request(NamedTuple):
    """What was asked."""

    path: str
    headers: dict[str, str]

    @property
    def range(self) -> str | None:
        return self.headers.get("range")


class Publisher(ThreadingHTTPServer):
    """Serves ``files`` by path; ``faults[path]`` are used up one a request.

    A fault is a status (500), a number of bytes after which the connection ends (``-100``), the name of
    an oddity (``html``, ``other-part``), or new content that takes the place of the file (bytes).
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[int | str | bytes]] = {}
        self.requests: list[Request] = []
        self.ranges = True
        self.lengths = True
        self.validator: Validator = "etag"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients of these tests hang up."""


@contextmanager
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Publisher

    def do_GET(self) -> None:
        server = self.server
        headers = {key.lower(): value for key, value in self.headers.items()}
        server.requests.append(Request(self.path, headers))
        faults = server.faults.get(self.path, [])
        fault = faults.pop(0) if faults else None
        if isinstance(fault, bytes):
            server.files[self.path] = fault
        if isinstance(fault, int) and fault > 0:
            self._answer(fault, b"", {})
            return
        if self.path not in server.files:
            self._answer(404, b"", {})
            return
        content = server.files[self.path]
        tag = {
            "etag": {"ETag": f'"{hashlib.md5(content).hexdigest()}"'},
            "weak": {"ETag": 'W/"1"'},
            "date": {"Last-Modified": "Wed, 18 Sep 2024 00:00:00 GMT"},
            "none": {},
        }[server.validator]
        start = 0
        wanted = headers.get("range")
        if wanted and server.ranges and headers.get("if-range") in tag.values():
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            first = 0 if fault == "other-part" else start
            tag["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        if fault == "html":
            tag["Content-Type"] = "text/html; charset=utf-8"
        cut = -fault if isinstance(fault, int) else None
        self._answer(206 if start else 200, content[start:], tag, cut=cut)

    def _answer(self, status: int, body: bytes, headers: dict[str, str], *, cut: int | None = None) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if self.server.lengths:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


# ---------------------------------------------------------------- files as they are published


def gaf_row(
    symbol: str,
    uniprot: str,
    go_id: str,
    aspect: str,
    *,
    database: str = "UniProtKB",
    qualifier: str = "enables",
    evidence: str = "IDA",
    date: str = "20200101",
) -> str:
    """Return an annotation in GAF 2.2: seventeen columns, some of which may be empty."""
    about = ("PMID:1", evidence, "", aspect, 'a "gene"', "", "protein", "taxon:9606", date, "UniProt")
    return "\t".join((database, uniprot, symbol, qualifier, go_id, *about, "", "")) + "\n"


GAF = "!gaf-version: 2.2\n!date-generated: 2025-06-01\n" + "".join(
    (
        gaf_row("ABC1", "P1", "GO:0000002", "P", evidence="IDA"),
        gaf_row("ABC1", "P1", "GO:0000002", "P", evidence="IEA", date="20240229"),
        gaf_row("ABC1", "P1", "GO:0000001", "P", qualifier="NOT|involved_in"),
        gaf_row("DEF", "P2", "GO:0003674", "F", evidence="ND"),
        gaf_row("DEF", "P2", "GO:0000009", "C"),
        gaf_row("GHI", "P3", "GO:0000001", "F", qualifier=""),
        gaf_row("cpx", "CPX-1", "GO:0000001", "C", database="ComplexPortal"),
    )
)

OBO = """format-version: 1.2
data-version: releases/2025-06-01

[Term]
id: GO:0000002
name: mitochondrial genome maintenance
namespace: biological_process
def: "name: not this" [GOC:ai]
xref: MetaCyc:x

[Term]
id: GO:0000001
name: mitochondrion inheritance

[Typedef]
id: part_of
name: part of
"""

LINK_COLUMNS = (
    "protein1 protein2 neighborhood neighborhood_transferred fusion cooccurence homology coexpression "
    "coexpression_transferred experiments experiments_transferred database database_transferred textmining "
    "textmining_transferred combined_score"
)
LINKS = f"""{LINK_COLUMNS}
9606.ENSP1 9606.ENSP2 0 0 0 0 0 42 67 0 71 900 0 120 0 911
9606.ENSP2 9606.ENSP1 0 0 0 0 0 42 67 0 71 900 0 120 0 911
9606.ENSP1 9606.ENSP3 0 0 0 0 0 0 0 0 0 0 0 990 0 990
9606.ENSP2 9606.ENSP3 0 0 0 0 0 0 0 400 0 0 0 0 0 399
9606.ENSP2 9606.ENSP3 0 0 0 0 0 0 0 402 0 0 0 0 0 402
9606.ENSP4 9606.ENSP3 0 0 0 0 0 0 0 999 0 0 0 0 0 999
"""
INFO = """#string_protein_id\tpreferred_name\tprotein_size\tannotation
9606.ENSP1\tDEF\t10\tsays "so
9606.ENSP2\tABC1\t11\t
9606.ENSP3\tGHI\t12\tx
9606.ENSP4\tGHI\t13\tx
"""

HGNC = """\
hgnc_id\tsymbol\tname\tlocus_group\tstatus\talias_symbol\tprev_symbol\tentrez_id\tuniprot_ids\tensembl_gene_id
HGNC:2\tDEF\tdefine\tprotein-coding gene\tApproved\t"OLD1|OLD2"\t\t22\t"P2|Q2"\tENSG00000000002
HGNC:1\tABC1\talphabet, one\tprotein-coding gene\tApproved\tOLD1\tABC\t11\tP1\t
HGNC:3\tGONE\tgone\tother\tEntry Withdrawn\tX\t\t\t\tENSG00000000003
"""


def zipped(members: dict[str, str]) -> bytes:
    """Return an archive of members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # undated: the same bytes in each process
    return out.getvalue()


REACTOME = "Pathway one\tR-HSA-1\tABC1\tDEF\nPathway two\tR-HSA-2\tGHI\tDEF\n"

KG = {
    "/download.reactome.org/90/ReactomePathways.gmt.zip": zipped({"ReactomePathways.gmt": REACTOME}),
    "/release.geneontology.org/2025-06-01/annotations/goa_human.gaf.gz": gzip.compress(GAF.encode()),
    "/release.geneontology.org/2025-06-01/ontology/go-basic.obo": OBO.encode(),
    "/stringdb-downloads.org/download/protein.links.full.v12.0/9606.protein.links.full.v12.0.txt.gz": (
        gzip.compress(LINKS.encode())
    ),
    "/stringdb-downloads.org/download/protein.info.v12.0/9606.protein.info.v12.0.txt.gz": gzip.compress(
        INFO.encode()
    ),
    "/storage.googleapis.com/public-download-files/hgnc/archive/archive/quarterly/tsv/"
    "hgnc_complete_set_2022-04-01.txt": HGNC.encode(),
    "/raw.githubusercontent.com/kundajelab/coessentiality/a9f9a059460e5a16d7f5f46e843cb6d79251caf1/"
    "clusterOne_clusters.tsv": b"not the published modules\n",
}
"""The files of the knowledge graph where a mirror has them; the co-essential modules have a wrong digest."""

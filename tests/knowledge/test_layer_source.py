from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from core_harness.knowledge import AliasSource, LayerSource

STRING = """
name = "string"
reader = "edges"
file = "kg/string.tsv.gz"
columns = ["symbol_a", "symbol_b", "combined_score"]
divisor = 1000
source = "STRING v12.0"
licence = "CC-BY-4.0"
"""


def changed(**keys: Any) -> dict[str, Any]:
    return {**tomllib.loads(STRING), **keys}


def test_a_table_of_the_registry_is_a_source() -> None:
    source = LayerSource.model_validate(tomllib.loads(STRING))
    assert source.columns == ("symbol_a", "symbol_b", "combined_score")
    assert source.divisor == 1000


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"reader": "owl"}, "Input should be 'gmt', 'modules', 'annotations', 'edges', 'rdf' or 'words'"),
        ({"name": "../string"}, "String should match pattern"),
        ({"name": "STRING"}, "String should match pattern"),
        ({"columns": ["a", "b"]}, "reader 'edges' takes 3 columns (gene, gene, score), not 2"),
        ({"evidence": "code"}, "reader 'edges' takes no 'evidence'"),
        ({"dates": "date"}, "reader 'edges' takes no 'dates'"),
        ({"of": ["go-bp"]}, "reader 'edges' takes no 'of'"),
        ({"reader": "words"}, "reader 'words' takes 2 columns (text, gene), not 3"),
        ({"reader": "words", "of": ["go-bp"]}, "words are those of a 'file' or 'of' layers; leave one out"),
        ({"reader": "words", "of": ["a"], "file": None}, "'of' layers takes no columns, not 3"),
        ({"reader": "words", "file": None}, "reader 'words' needs a 'file', or 'of' which layers it is"),
        ({"file": None}, "reader 'edges' needs a 'file'"),
        ({"columns": ["a", "a", "b"]}, "columns must differ from each other"),
        ({"where": {"aspect": "BP"}}, "reader 'edges' takes no 'where'"),
        ({"reader": "gmt", "columns": []}, "reader 'gmt' takes no 'divisor'"),
        ({"reader": "modules", "divisor": 1}, "reader 'modules' takes no columns, not 3"),
        ({"divisor": 0}, "Input should be greater than 0"),
        ({"score": "x"}, "Extra inputs are not permitted"),
        ({"file": "../string.tsv"}, "must be a path inside the data folder"),
        ({"file": "/string.tsv"}, "must be a path inside the data folder"),
        ({"file": "..\\string.tsv"}, "must be a path inside the data folder"),
        ({"file": ""}, "must be a path inside the data folder"),
    ],
)
def test_what_does_not_fit_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        LayerSource.model_validate(changed(**keys))
    assert message in caught.value.errors()[0]["msg"]


def test_aliases_name_two_columns() -> None:
    table = {"file": "a.tsv", "columns": ["alias"], "source": "HGNC", "licence": "CC0-1.0"}
    with pytest.raises(ValidationError):
        AliasSource.model_validate(table)


@pytest.mark.slow
def test_describing_layers_needs_neither_polars_nor_scipy() -> None:
    code = (
        "import sys; from core_harness.knowledge import LayerSource; "
        "print(sorted({'polars', 'scipy', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"

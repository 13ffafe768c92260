"""What the built-ins register. String targets only: nothing heavy is imported here."""

from __future__ import annotations

from core_harness import Component, hookimpl

_HERE = "core_harness_plugins"


@hookimpl
def core_datasets() -> list[Component]:
    """Register the datasets."""
    at = f"{_HERE}.datasets"
    return [
        Component("simulated", f"{at}.simulated:Simulated", "simulated data with their own knowledge graph"),
        Component(
            "perturbqa", f"{at}.perturbqa:PerturbQA", "CRISPRi knockdowns in four cell lines (PerturbQA)"
        ),
        Component("l1000", f"{at}.l1000:L1000", "drugs: consensus signatures of LINCS L1000"),
        Component(
            "genetak", f"{at}.genetak:GeneTAK", "drugs: a folder of LINE_DE.csv: --dataset genetak:FOLDER"
        ),
        Component("table", f"{at}.table:Table", "any CSV, TSV or Parquet file: --dataset table:PATH"),
    ]


@hookimpl
def core_retrievers() -> list[Component]:
    """Register the retrievers."""
    at = f"{_HERE}.retrievers"
    return [
        Component("kg", f"{at}.kg:KnowledgeGraph", "related in the layers of the knowledge graph"),
        Component(
            "response", f"{at}.response:ResponseProfiles", "alike in other contexts (cross-context regime)"
        ),
        Component("symbol", f"{at}.symbol:SameSymbol", "a control: alike in name only"),
        Component("random", f"{at}.random:RandomNeighbours", "a control: related at random"),
        Component("none", f"{at}.none:NoNeighbours", "nothing is related"),
    ]


@hookimpl
def core_organizers() -> list[Component]:
    """Register the organizers."""
    at = f"{_HERE}.organizers"
    return [
        Component(
            "contrast",
            f"{at}.contrast:Contrast",
            "asks a model: positives against negatives on the same gene",
        ),
        Component("flat", f"{at}.flat:FlatList", "asks a model: the same rows as one list"),
        Component("few-shot", f"{at}.few_shot:NearestPairs", "asks a model: the nearest pairs as examples"),
        Component(
            "voters", f"{at}.voters:Voters", "all evidence on the gene; a model may grade the neighbours"
        ),
        Component(
            "responders",
            f"{at}.responders:Responders",
            "as voters, with those who respond like the relatives",
        ),
        Component("nearest", f"{at}.nearest:Nearest", "the most related perturbations on the same gene"),
        Component("related", f"{at}.related:Related", "related perturbations, whatever the gene"),
        Component("pair", f"{at}.pair:IsolatedPair", "asks a model about each pair by itself"),
        Component("none", f"{at}.none:NoEvidence", "no evidence"),
    ]


@hookimpl
def core_llms() -> list[Component]:
    """Register the language models."""
    at = f"{_HERE}.llms"
    return [
        Component("litellm", f"{at}.litellm:LiteLLM", "any model that litellm can reach"),
        Component(
            "llamacpp", f"{at}.llamacpp:LlamaCpp", "weights in a GGUF file, in this process", extra="local"
        ),
    ]


@hookimpl
def core_aggregators() -> list[Component]:
    """Register the aggregators."""
    at = f"{_HERE}.aggregators"
    return [
        Component("constant", f"{at}.constant:Constant", "the prevalence of the support"),
        Component(
            "gene-frequency", f"{at}.gene_frequency:GeneFrequency", "how often the gene responds to anything"
        ),
        Component("potency", f"{at}.potency:Potency", "how much related perturbations move, over all genes"),
        Component(
            "cell-count", f"{at}.cell_count:CellCount", "with how many cells the perturbation was measured"
        ),
        Component("additive", f"{at}.additive:Additive", "gene frequency and potency, added as log-odds"),
        Component("answer", f"{at}.answer:ModelAnswer", "what the model answered"),
        Component(
            "learned-vote",
            f"{at}.learned:LearnedVote",
            "votes by layer and by other genes, weighed on support",
        ),
        Component("fused", f"{at}.fused:Fused", "the vote and the model, weighed on support"),
        Component("mean-label", f"{at}.mean_label:MeanLabel", "the plain mean label of the evidence"),
        Component("vote", f"{at}.vote:Vote", "the weighted vote of the evidence, shrunk to gene frequency"),
    ]

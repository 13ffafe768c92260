"""Prompts: versioned templates, and what may be put into them.

Names, contexts, facts of the knowledge graph and rows of evidence are all that enters: a renderer is
never given the label of a query, a split or a file name, so none can leak. Lines ``Perturbation:``,
``Context:``, ``Gene:`` (or ``Candidate:``) and ``Question:`` stand in every template alike.
"""

from core_harness.prompts.grades import grade_prompts
from core_harness.prompts.pairs import Layout, pair_prompts
from core_harness.prompts.template import Template, load_template, outcomes

__all__ = ["Layout", "Template", "grade_prompts", "load_template", "outcomes", "pair_prompts"]

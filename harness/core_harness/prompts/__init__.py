"""Prompts: versioned templates, and what may be put into them.

Names, contexts, facts of the knowledge graph and rows of evidence are all that enters: a renderer is
never given the label of a query, a split or a file name, so none can leak.

An organizer of any package writes its prompts with a template of its own: a TOML file inside the package
(:mod:`core_harness.prompts.parts` says what is in it), loaded by package and path::

    TEMPLATE = "my_package:prompts/mine.toml"


    class Mine:
        gives = frozenset({"answers"})

        def __init__(self, *, facts: int = 6) -> None:
            self.facts = facts

        def organize(self, task, evidence):
            return evidence

        def prompts(self, task, evidence, facts):
            template, layout = load_template(TEMPLATE), Layout(facts=self.facts)
            return pair_prompts(template, task, evidence.pairs, None, facts=facts, layout=layout)

        def templates(self):
            return [load_template(TEMPLATE)]

Name, version and digest of what ``templates`` returns are recorded with the run; a run whose template has
changed since is not explained with the new one.
"""

from core_harness.prompts.grades import grade_prompts
from core_harness.prompts.pairs import Layout, pair_prompts
from core_harness.prompts.template import Template, load_template
from core_harness.prompts.wording import outcomes

__all__ = ["Layout", "Template", "grade_prompts", "load_template", "outcomes", "pair_prompts"]

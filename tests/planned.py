"""What a run of a study in one process must fulfil, whatever the study."""

from synapseek_core.pipeline.results import rules_of
from synapseek_core.rule_sets.catalogue import rule_set_of, rule_sets_of


def as_many_rules_as_planned(done):
    """Whether every rule set of a run (`pipeline.run.run`) has the number of rules that it is planned with."""
    study = done.study
    planned = {name: rule_set_of(study, name, {}).count(study.settings) for name in rule_sets_of(study, {})}
    return {name: done[rules_of(name)].sizes["rule"] for name in planned} == planned

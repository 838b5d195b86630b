"""Rule sets that every study may have, by name. A new one is a file beside this one and its entry here."""

from synapseek_core.registries import Registry
from synapseek_core.rule_sets.rule_set import RuleSet

RULE_SETS: Registry[RuleSet] = Registry(
    {
        "prior": "rule_sets.prior:RULE_SET",
        "mean_field": "rule_sets.mean_field:RULE_SET",
        "published": "rule_sets.published:RULE_SET",
        "reference": "rule_sets.reference:RULE_SET",
        "learned": "rule_sets.learned:RULE_SET",
        "neighbourhood": "rule_sets.neighbourhood:RULE_SET",
        "manifold": "rule_sets.manifold:RULE_SET",
    }
)

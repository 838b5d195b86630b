"""The rule sets of a study: those that every study may have, rounds of inference, and those that the user names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.interfaces.study import EVALUATION, Study
from synapseek_core.rule_sets.elsewhere import elsewhere
from synapseek_core.rule_sets.examples import EXAMPLES, examples, examples_of_population
from synapseek_core.rule_sets.final import first_and_final
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.rule_sets.rounds import round_of_inference
from synapseek_core.rule_sets.rule_set import RuleSet
from synapseek_core.rule_sets.sweeps import fitness_of_sweep, rules_of_population, rules_of_sweep, sweeps_of
from synapseek_core.rule_sets.table import table
from synapseek_core.rule_sets.tested import TESTED, tested

TESTED_PARTS = ("learned", "reference", "published")
"""Rule sets whose rules are tested in further conditions."""


def rule_set_of(study: Study, name: str, others: Mapping[str, Study]) -> RuleSet:
    """Return a rule set of a study by its name.

    Args:
        others: the studies of the project, from which rules may come.
    """
    settings = study.settings
    if name in study.final_rules:
        return first_and_final(study.final_rules[name])
    if name in settings.rounds:
        return round_of_inference(name, settings.rounds[name])
    sweeps = sweeps_of(settings)
    if name in sweeps:
        population, sweep = sweeps[name]
        return rules_of_sweep(settings, population, sweep)
    if name in settings.populations:
        return rules_of_population(settings, name)
    if name == EXAMPLES:
        return _examples(study, others)
    if name == TESTED:
        return tested([(part, RULE_SETS[part]) for part in TESTED_PARTS if RULE_SETS[part].count(settings)])
    if name in settings.rule_sets:
        return _of_user(study, name, others)
    return RULE_SETS[name]


def _examples(study: Study, others: Mapping[str, Study]) -> RuleSet:
    """Return the best rules of the last population, or else of the last round."""
    settings = study.settings
    if settings.populations:
        return examples_of_population(rules_of_population(settings, list(settings.populations)[-1]))
    last = (inferred_rounds(settings) or ["prior"])[-1]
    return examples(last, rule_set_of(study, last, others).count(settings))


def _of_user(study: Study, name: str, others: Mapping[str, Study]) -> RuleSet:
    """Return a rule set that the configuration names: of a table, or of another study."""
    own = study.settings.rule_sets[name]
    if own.table is not None:
        return table(Path(own.table))
    other, rule_set = own.place
    available = rule_set_of(others[other], rule_set, others).count(others[other].settings)
    return elsewhere(name, own, other, rule_set, available)


def analysed_sets(study: Study, others: Mapping[str, Study]) -> list[str]:
    """Return the names of the rule sets that a study's own rules stand in."""
    settings = study.settings
    names = (*RULE_SETS, *settings.rounds, *sweeps_of(settings), *settings.populations, EXAMPLES)
    return [name for name in names if rule_set_of(study, name, others).count(study.settings)]


def rule_sets_of(study: Study, others: Mapping[str, Study]) -> list[str]:
    """Return the names of all rule sets that have rules."""
    names = (*analysed_sets(study, others), TESTED, *study.settings.rule_sets)
    return [name for name in names if rule_set_of(study, name, others).count(study.settings)]


def evaluations(study: Study, others: Mapping[str, Study]) -> Iterator[tuple[str, str]]:
    """Yield every rule set with every condition in which it is evaluated, as names."""
    for name in rule_sets_of(study, others):
        for condition in conditions_of(study, name):
            yield name, condition


def conditions_of(study: Study, rule_set: str) -> tuple[str, ...]:
    """Return the names of the conditions in which a rule set is evaluated."""
    if rule_set == TESTED:
        return study.tested_in
    if rule_set == EXAMPLES:
        return (EVALUATION, *study.challenged_in)
    sweeps = sweeps_of(study.settings)
    if rule_set in sweeps:
        return (fitness_of_sweep(study.settings, *sweeps[rule_set]).condition,)
    if rule_set in study.settings.rule_sets:
        return (EVALUATION, *study.tested_in)
    return (EVALUATION,)


def inferred_rounds(settings: StudySettings) -> list[str]:
    """Return the rounds of inference that have a posterior of their own, in order."""
    return [name for name in rounds_before(settings) if name != "prior" and settings.rounds[name].extends is None]


def rounds_before(settings: StudySettings, name: str | None = None) -> list[str]:
    """Return the rule sets that a round of inference learns from: the prior and the rounds before; of none, all."""
    samples = {"prior": settings.prior.samples} | {key: own.samples for key, own in settings.rounds.items()}
    inferred = [key for key, count in samples.items() if count]
    return inferred if name is None else inferred[: inferred.index(name)]

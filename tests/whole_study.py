"""A whole study in one process, without Snakemake."""

from synapseek_core.analysis.study_degeneracy import analyse
from synapseek_core.rule_sets.origins import ORIGINS, TESTED, origins_of

from synapseek_core.analysis.generalisation import generalise, rules_under_test
from synapseek_core.runtime import Compute
from synapseek_core.search.methods import advance
from synapseek_core.seeds import Trials


def run(study):
    """Results by the names of the workflow; every run of a search in one chunk."""
    settings, task, compute = study.settings, study.task, Compute("numba", threads=2)
    searches = [
        advance(task, name, restart, range(search.generations), None, compute)
        for name, search in settings.search.items()
        for restart in range(search.restarts)
    ]
    results = {"search": searches, "history": searches}
    trials = Trials(settings.seed, ("evaluation",), settings.evaluation.trials)
    rules, fitness = {}, {}
    for origin in origins_of(settings):
        rules[origin] = ORIGINS[origin].sample(settings, results)
        assert rules[origin].sizes["rule"] == ORIGINS[origin].count(settings)
        names = [str(name) for name in rules[origin]["rule"].values]
        activity = task.simulate(rules[origin]["theta"].values, names, trials, compute)
        fitness[origin] = task.evaluate(activity)
        results |= {f"rules/{origin}": rules[origin], f"activity/{origin}": [activity]}
        results[f"fitness/{origin}"] = fitness[origin]
    results["degeneracy"] = analyse(settings, task, searches, rules, fitness)
    tested = rules_under_test({origin: rules[origin] for origin in TESTED if origin in rules})
    results["generalisation"] = generalise(
        study.conditions, tested, settings.seed, settings.generalisation.trials, compute
    )
    return results

# What the stages that simulate ask for: cores, memory, time and a GPU, as functions of their work.
import math

from synapseek_core.interfaces import costs
from synapseek_core.analysis import challenges, generalisation
from synapseek_core.search import methods

GPU = PROJECT.settings.device == "gpu"
CORES_ON_A_CLUSTER = 16  # at most, of one job


def on_cluster():
    """Whether jobs are submitted, or this is one of them. The executor is known only after this file is read."""
    submits = workflow.non_local_exec or workflow.resource_settings.cores is None
    return submits or workflow.remote_exec


def cores(networks):
    """Threads of a job that simulates so many networks."""
    return max(1, min(networks, CORES_ON_A_CLUSTER if on_cluster() else workflow.cores))


def cores_of_a_run(w):
    """Threads of a chunk of a search. Here its runs go side by side; cores beyond their number are shared."""
    most = cores(cost_of_chunk(w).at_once)
    return (
        most
        if on_cluster()
        else max(1, min(most, workflow.cores // len(runs(w.study))))
    )


def cost_of_batch(w):
    """Of a batch of rules; those that are kept as a whole are taken as spread evenly over the batches."""
    settings, origin = settings_of(w.study), origin_of_job(w)
    rules = len(batches(w.study, w.origin)[int(w.batch)])
    kept = math.ceil(rules * origin.kept(settings) / origin.count(settings))
    return STUDIES[w.study].task.cost(rules, settings.evaluation.trials, kept)


def cost_of_chunk(w):
    """Of a chunk of generations of a search."""
    generations = len(chunks(w.study, w.search)[int(w.chunk)])
    return methods.cost(STUDIES[w.study].task, w.search, generations)


def cost_of_generalisation(w):
    """Of all rules under test in all conditions."""
    study = STUDIES[w.study]
    return generalisation.cost(study.settings, study.conditions)


def cost_of_challenges(w):
    """Of the best rules of the last round of inference."""
    return challenges.cost(STUDIES[w.study].task)


def cost_of_published_rule(w):
    """Of the final rule of a published run, at published scale."""
    task = PROJECT.published_studies[STUDY_OF_RUN[w.run]].task
    return task.cost(1, PROJECT.settings.published_table.trials)


def resources_of(cost):
    """Resources of a stage that simulates, from `cost`, a function of its wildcards; more at every further attempt.

    Half as much again as planned of memory, and twice the time and five minutes, since plans err.
    """
    return dict(
        mem_mb=lambda wildcards, threads, attempt: attempt
        * math.ceil(1.5 * cost(wildcards).memory(threads) / 1e6),
        runtime=lambda wildcards, threads, attempt: attempt
        * math.ceil(5 + cost(wildcards).seconds(threads, GPU) / 30),
        gpu=int(GPU),
    )

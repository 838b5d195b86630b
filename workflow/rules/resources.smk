# What the stages that simulate ask for: cores, memory, time and a GPU, as functions of their work.
import math

from synapseek_core.interfaces import costs
from synapseek_core.pipeline.chunks import runs

GPU = PROJECT.settings.device == "gpu"
CORES_ON_A_CLUSTER = 16  # at most, of one job


def on_cluster():
    """Whether jobs are submitted, or this is one of them. The executor is known only after this file is read."""
    submits = workflow.non_local_exec or workflow.resource_settings.cores is None
    return submits or workflow.remote_exec


def cost(kind, wildcards):
    """What a job takes."""
    return GRAPH.stage_of(kind).cost(result(kind, wildcards))


def cores(networks):
    """Threads of a job that simulates so many networks."""
    return max(1, min(networks, CORES_ON_A_CLUSTER if on_cluster() else workflow.cores))


def threads_of(kind):
    """Threads of the jobs of a stage."""
    return lambda w: cores(cost(kind, w).at_once)


def threads_of_a_run(w):
    """Threads of a chunk of a search. Here its runs go side by side; cores beyond their number are shared."""
    most = cores(cost(results.SearchChunk, w).at_once)
    if on_cluster():
        return most
    return max(1, min(most, workflow.cores // len(runs(STUDIES[w.study].settings))))


def resources_of(kind):
    """Resources of the jobs of a stage that simulates; more at every further attempt.

    Half as much again as planned of memory, and twice the time and five minutes, since plans err.
    """
    return dict(
        mem_mb=lambda wildcards, threads, attempt: attempt
        * math.ceil(1.5 * cost(kind, wildcards).memory(threads) / 1e6),
        runtime=lambda wildcards, threads, attempt: attempt
        * math.ceil(5 + cost(kind, wildcards).seconds(threads, GPU) / 30),
        gpu=lambda wildcards: int(GPU and cost(kind, wildcards).networks > 0),
    )


def planned():
    """(study, stage, jobs, total cost, most memory of a job) of every stage of every study; figures are one job in
    all their forms."""
    jobs = {}
    for one in GRAPH.all_before(GRAPH.figures()):
        if getattr(one, "form", FORMATS[0]) == FORMATS[0] and hasattr(one, "study"):
            stage = GRAPH.stage(one)
            jobs.setdefault((one.study, stage.name), []).append(stage.cost(one))
    return [
        (
            study,
            stage,
            len(parts),
            costs.total(parts),
            max(part.memory(cores(part.at_once)) for part in parts),
        )
        for (study, stage), parts in jobs.items()
    ]

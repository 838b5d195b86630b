# What the configuration will cost, before it is submitted: `snakemake plan`, which runs nothing else.
from synapseek_core.interfaces import costs


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


rule plan:
    log:
        f"{results.ROOT}/plan.txt",
    conda:
        ENVIRONMENT
    params:
        planned=lambda w: planned(),
        gpu=GPU,
    message:
        "what the configuration will cost"
    script:
        "../scripts/plan.py"

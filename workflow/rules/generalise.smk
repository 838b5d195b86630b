rule generalise:
    input:
        unpack(lambda w: inputs_of(w.study, generalisation_needs(w.study))),
    output:
        "results/{study}/generalisation.nc",
    log:
        "results/{study}/logs/generalise.log",
    benchmark:
        "results/{study}/timings/generalise.tsv"
    conda:
        ENVIRONMENT
    threads: lambda w: cores(cost_of_generalisation(w).at_once)
    resources:
        **resources_of(cost_of_generalisation),
    params:
        **stage_parameters("generalise.py", "generalisation", scores=True),
        # A condition may be on another study's task, whose settings then count.
        conditions=lambda w: {
            name: task.settings.sections(*task.settings.loss_sections)
            | {"solved_loss": task.settings.degeneracy.solved_loss}
            for name, task in STUDIES[w.study].conditions.items()
        },
    message:
        "{wildcards.study}: learned and known rules on what they were not trained on"
    script:
        "../scripts/generalise.py"

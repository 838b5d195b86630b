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
    threads: workflow.cores
    params:
        **stage_parameters("generalise.py", "generalisation"),
    message:
        "{wildcards.study}: learned and known rules on what they were not trained on"
    script:
        "../scripts/generalise.py"

rule degeneracy:
    input:
        unpack(lambda w: inputs_of(w.study, degeneracy_needs(w.study))),
    output:
        "results/{study}/degeneracy.nc",
    log:
        "results/{study}/logs/degeneracy.log",
    benchmark:
        "results/{study}/timings/degeneracy.tsv"
    conda:
        ENVIRONMENT
    params:
        **stage_parameters("degeneracy.py", "search", "degeneracy", "evaluation"),
    message:
        "{wildcards.study}: degeneracy of the learned rules"
    script:
        "../scripts/degeneracy.py"

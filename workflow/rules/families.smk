rule families:
    input:
        unpack(lambda w: inputs_of(w.study, families_needs(w.study))),
    output:
        "results/{study}/families.nc",
    log:
        "results/{study}/logs/families.log",
    benchmark:
        "results/{study}/timings/families.tsv"
    conda:
        ENVIRONMENT
    params:
        **stage_parameters("families.py", "prior", "inference", scores=True),
    message:
        "{wildcards.study}: all rules of all rounds"
    script:
        "../scripts/families.py"

rule sample:
    input:
        unpack(lambda w: inputs_of(w.study, ORIGINS[w.origin].needs)),
    output:
        "results/{study}/rules/{origin}.nc",
    log:
        "results/{study}/logs/sample/{origin}.log",
    benchmark:
        "results/{study}/timings/sample/{origin}.tsv"
    conda:
        ENVIRONMENT
    params:
        **stage_parameters(
            "sample.py",
            "published_run",
            "reference",
            "prior",
            "search",
            "degeneracy",
        ),
    message:
        "{wildcards.study}: plasticity rules from {wildcards.origin}"
    script:
        "../scripts/sample.py"

rule sample:
    input:
        unpack(lambda w: inputs_of(w.study, origin_of_job(w).needs)),
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
            depends=lambda w: origin_of_job(w).depends(settings_of(w.study)),
        ),
    message:
        "{wildcards.study}: plasticity rules from {wildcards.origin}"
    script:
        "../scripts/sample.py"

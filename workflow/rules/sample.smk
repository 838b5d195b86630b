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
        code_digest=code_digest("sample.py"),
        scale=lambda w: STUDIES[w.study].scale,
        settings=lambda w: origin_of_job(w).depends(settings_of(w.study)),
    message:
        "{wildcards.study}: plasticity rules from {wildcards.origin}"
    script:
        "../scripts/sample.py"

rule evaluate:
    input:
        activity=lambda w: files_of(w.study, f"activity/{w.origin}"),
    output:
        "results/{study}/fitness/{origin}.nc",
    log:
        "results/{study}/logs/evaluate/{origin}.log",
    benchmark:
        "results/{study}/timings/evaluate/{origin}.tsv"
    conda:
        ENVIRONMENT
    params:
        **stage_parameters("evaluate.py", scores=True),
    message:
        "{wildcards.study}: loss of the {wildcards.origin} rules"
    script:
        "../scripts/evaluate.py"

rule infer:
    input:
        inputs(results.Posterior),
    output:
        results.Posterior.pattern,
    log:
        results.beside(results.Posterior, "logs", ".log"),
    benchmark:
        results.beside(results.Posterior, "timings", ".tsv")
    conda:
        ENVIRONMENT
    params:
        **parameters(results.Posterior),
    message:
        "{wildcards.study}: posterior of rules for {wildcards.round}"
    script:
        "../scripts/job.py"

rule score:
    input:
        inputs(results.Fitness),
    output:
        results.Fitness.pattern,
    log:
        results.beside(results.Fitness, "logs", ".log"),
    benchmark:
        results.beside(results.Fitness, "timings", ".tsv")
    conda:
        ENVIRONMENT
    params:
        **parameters(results.Fitness),
    message:
        "{wildcards.study}: loss of the {wildcards.rules} rules, {wildcards.condition}"
    script:
        "../scripts/job.py"

rule sample:
    input:
        inputs(results.Rules),
    output:
        results.Rules.pattern,
    log:
        results.beside(results.Rules, "logs", ".log"),
    benchmark:
        results.beside(results.Rules, "timings", ".tsv")
    conda:
        ENVIRONMENT
    params:
        **parameters(results.Rules),
    message:
        "{wildcards.study}: plasticity rules, {wildcards.rules}"
    script:
        "../scripts/job.py"

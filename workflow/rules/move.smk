rule move:
    input:
        inputs(results.Population),
    output:
        results.Population.pattern,
    log:
        results.beside(results.Population, "logs", ".log"),
    benchmark:
        results.beside(results.Population, "timings", ".tsv")
    conda:
        ENVIRONMENT
    params:
        **parameters(results.Population),
    message:
        "{wildcards.study}: population {wildcards.population} after sweep {wildcards.sweep}"
    script:
        "../scripts/job.py"

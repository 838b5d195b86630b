rule analyse:
    input:
        inputs(results.Analysed),
    output:
        results.Analysed.pattern,
    log:
        results.beside(results.Analysed, "logs", ".log"),
    benchmark:
        results.beside(results.Analysed, "timings", ".tsv")
    conda:
        ENVIRONMENT
    threads: threads_of(results.Analysed)
    resources:
        **resources_of(results.Analysed),
    params:
        **parameters(results.Analysed),
    message:
        "{wildcards.study}: {wildcards.analysis}"
    script:
        "../scripts/job.py"

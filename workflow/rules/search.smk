rule search:
    input:
        inputs(results.SearchChunk),
    output:
        results.SearchChunk.pattern,
    log:
        results.beside(results.SearchChunk, "logs", ".log"),
    benchmark:
        results.beside(results.SearchChunk, "timings", ".tsv")
    # Chunks wait for each other: begun first, they do not end as a lone chain on idle cores.
    priority: 1
    conda:
        ENVIRONMENT
    threads: threads_of_a_run
    resources:
        **resources_of(results.SearchChunk),
    params:
        **parameters(results.SearchChunk),
    message:
        "{wildcards.study}: {wildcards.search}, restart {wildcards.restart}, chunk {wildcards.chunk}"
    script:
        "../scripts/job.py"

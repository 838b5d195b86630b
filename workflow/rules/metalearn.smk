rule metalearn:
    input:
        previous=lambda w: (
            [search_file(w.study, w.search, w.restart, int(w.chunk) - 1)]
            if int(w.chunk)
            else []
        ),
    output:
        "results/{study}/search/{search}/{restart}/{chunk}.nc",
    log:
        "results/{study}/logs/metalearn/{search}/{restart}/{chunk}.log",
    benchmark:
        "results/{study}/timings/metalearn/{search}/{restart}/{chunk}.tsv"
    # Chunks wait for each other: begun first, they do not end as a lone chain on idle cores.
    priority: 1
    conda:
        ENVIRONMENT
    threads: lambda w: cores_of_a_run(w)
    resources:
        **resources_of(cost_of_chunk),
    params:
        **stage_parameters("metalearn.py", scores=True),
        search=lambda w: settings_of(w.study)
        .search[w.search]
        .model_dump(mode="json", exclude={"generations", "restarts", "chunk"}),
        generations=lambda w: chunks(w.study, w.search)[int(w.chunk)],
    message:
        "{wildcards.study}: {wildcards.search}, restart {wildcards.restart}, generations {params.generations}"
    script:
        "../scripts/metalearn.py"

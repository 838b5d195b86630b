rule metalearn:
    input:
        previous=lambda w: (
            [search_file(w.study, w.restart, int(w.chunk) - 1)] if int(w.chunk) else []
        ),
    output:
        "results/{study}/search/{restart}/{chunk}.nc",
    log:
        "results/{study}/logs/metalearn/{restart}/{chunk}.log",
    benchmark:
        "results/{study}/timings/metalearn/{restart}/{chunk}.tsv"
    conda:
        ENVIRONMENT
    # Restarts run side by side; cores beyond their number are shared among them.
    threads: lambda w: max(1, workflow.cores // settings_of(w.study).search.restarts)
    params:
        **stage_parameters("metalearn.py"),
        search=lambda w: settings_of(w.study).search.model_dump(
            mode="json", exclude={"generations", "restarts", "chunk"}
        ),
        generations=lambda w: chunks(w.study)[int(w.chunk)],
    message:
        "{wildcards.study}: restart {wildcards.restart}, generations {params.generations}"
    script:
        "../scripts/metalearn.py"

# The published searches beside this project: always at published scale, whatever the studies of config.yaml are.


rule published_rule:
    input:
        run=lambda w: str(PUBLISHED_RUN_FILES[w.run]),
    output:
        "results/published_table/runs/{run}.nc",
    log:
        "results/published_table/logs/runs/{run}.log",
    benchmark:
        "results/published_table/timings/runs/{run}.tsv"
    wildcard_constraints:
        run="|".join(map(re.escape, STUDY_OF_RUN)),
    conda:
        ENVIRONMENT
    threads: lambda w: cores(cost_of_published_rule(w).at_once)
    resources:
        **resources_of(cost_of_published_rule),
    params:
        code_digest=code_digest("published_rule.py"),
        study=lambda w: STUDY_OF_RUN[w.run],
        settings=lambda w: PROJECT.published_studies[
            STUDY_OF_RUN[w.run]
        ].settings.sections(),
        trials=PROJECT.settings.published_table.trials,
    message:
        "published table: final rule of {wildcards.run} in {params.study}"
    script:
        "../scripts/published_rule.py"


rule tabulate:
    input:
        runs=list(map(str, PUBLISHED_RUN_FILES.values())),
        fitness=[f"results/published_table/runs/{run}.nc" for run in STUDY_OF_RUN],
        searches=searches_from_published_starts(),
    output:
        "results/published_table/table.nc",
    log:
        "results/published_table/logs/table.log",
    benchmark:
        "results/published_table/timings/table.tsv"
    conda:
        ENVIRONMENT
    params:
        code_digest=code_digest("tabulate.py"),
        settings=PROJECT.settings.published_table.model_dump(
            mode="json", exclude={"folder"}
        ),
        study_of_run=STUDY_OF_RUN,
    message:
        "published table: published runs beside this project"
    script:
        "../scripts/tabulate.py"


rule published_figure:
    input:
        "results/published_table/table.nc",
    output:
        report(
            "results/published_table/learning_curves.png",
            caption="../report/published_table.rst",
            category="published_table",
            labels={"figure": "learning_curves"},
        ),
        "results/published_table/learning_curves.pdf",
        "results/published_table/learning_curves.svg",
    log:
        "results/published_table/logs/learning_curves.log",
    benchmark:
        "results/published_table/timings/learning_curves.tsv"
    conda:
        ENVIRONMENT
    params:
        code_digest=code_digest("published_figure.py"),
        caption=PUBLISHED_TABLE_CAPTION,
    message:
        "published table: learning curves"
    script:
        "../scripts/published_figure.py"


rule published_page:
    input:
        table="results/published_table/table.nc",
        figure="results/published_table/learning_curves.png",
    output:
        page=report(
            "results/published_table/table.html",
            caption="../report/published_table.rst",
            category="published_table",
            labels={"figure": "table"},
        ),
        csv="results/published_table/table.csv",
    log:
        "results/published_table/logs/page.log",
    benchmark:
        "results/published_table/timings/page.tsv"
    conda:
        ENVIRONMENT
    params:
        code_digest=code_digest("published_page.py"),
        caption=PUBLISHED_TABLE_CAPTION,
    message:
        "published table: page"
    script:
        "../scripts/published_page.py"


rule published_table:
    input:
        rules.published_page.output,
        rules.published_figure.output,

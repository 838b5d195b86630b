# The published searches beside this project: always at published scale, whatever the studies of config.yaml are.
from synapseek_core.published.figure import CAPTION as PUBLISHED_TABLE_CAPTION


rule tabulate:
    input:
        inputs(results.PublishedTable),
    output:
        results.PublishedTable.pattern,
    log:
        results.beside(results.PublishedTable, "logs", ".log"),
    benchmark:
        results.beside(results.PublishedTable, "timings", ".tsv")
    conda:
        ENVIRONMENT
    params:
        **parameters(results.PublishedTable),
    message:
        "published table: published runs beside this project"
    script:
        "../scripts/job.py"


rule published_figure:
    input:
        inputs(results.PublishedFigure),
    output:
        report(
            results.formed(results.PublishedFigure, "png"),
            caption="../report/published_table.rst",
            category="published_table",
            labels={"figure": "learning_curves"},
        ),
        results.formed(results.PublishedFigure, "pdf"),
        results.formed(results.PublishedFigure, "svg"),
    log:
        results.beside(results.PublishedFigure, "logs", ".log"),
    benchmark:
        results.beside(results.PublishedFigure, "timings", ".tsv")
    conda:
        ENVIRONMENT
    params:
        **parameters(results.PublishedFigure),
        caption=PUBLISHED_TABLE_CAPTION,
    message:
        "published table: learning curves"
    script:
        "../scripts/draw.py"


rule published_page:
    input:
        table=inputs(results.PublishedPage),
        figure=results.formed(results.PublishedFigure, "png"),
    output:
        page=report(
            results.formed(results.PublishedPage, "html"),
            caption="../report/published_table.rst",
            category="published_table",
            labels={"figure": "table"},
        ),
        csv=results.formed(results.PublishedPage, "csv"),
    log:
        results.beside(results.PublishedPage, "logs", "_page.log"),
    benchmark:
        results.beside(results.PublishedPage, "timings", "_page.tsv")
    conda:
        ENVIRONMENT
    params:
        **parameters(results.PublishedPage),
        caption=PUBLISHED_TABLE_CAPTION,
    message:
        "published table: page"
    script:
        "../scripts/published_page.py"


rule published_table:
    input:
        rules.published_page.output,
        rules.published_figure.output,

rule compare:
    input:
        inputs(results.Compared),
    output:
        report(
            results.formed(results.Compared, "png"),
            caption="../report/comparison.rst",
            category="Comparison of studies",
            labels={"figure": "{comparison}"},
        ),
        results.formed(results.Compared, "pdf"),
        results.formed(results.Compared, "svg"),
    log:
        results.beside(results.Compared, "logs", ".log"),
    benchmark:
        results.beside(results.Compared, "timings", ".tsv")
    conda:
        ENVIRONMENT
    params:
        **parameters(results.Compared),
        caption=lambda w: COMPARISONS[w.comparison].caption,
        studies=lambda w: [
            study.name
            for study in GRAPH.stage_of(results.Compared).compared(
                result(results.Compared, w)
            )
        ],
    message:
        "comparison of studies: {wildcards.comparison}"
    script:
        "../scripts/draw.py"

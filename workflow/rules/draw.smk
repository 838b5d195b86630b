rule draw:
    input:
        inputs(results.Drawn),
    output:
        report(
            results.formed(results.Drawn, "png"),
            caption="../report/figure.rst",
            category="{study}",
            labels={"figure": "{figure}"},
        ),
        results.formed(results.Drawn, "pdf"),
        results.formed(results.Drawn, "svg"),
    log:
        results.beside(results.Drawn, "logs", ".log"),
    benchmark:
        results.beside(results.Drawn, "timings", ".tsv")
    conda:
        ENVIRONMENT
    params:
        **parameters(results.Drawn),
        caption=lambda w: FIGURES[w.figure].caption,
        scale=lambda w: STUDIES[w.study].scale,
    message:
        "{wildcards.study}: figure {wildcards.figure}"
    script:
        "../scripts/draw.py"

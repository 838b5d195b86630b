rule figure:
    input:
        unpack(lambda w: inputs_of(w.study, FIGURES[w.figure].needs)),
    output:
        report(
            "results/{study}/figures/{figure}.png",
            caption="../report/figure.rst",
            category="{study}",
            labels={"figure": "{figure}"},
        ),
        "results/{study}/figures/{figure}.pdf",
        "results/{study}/figures/{figure}.svg",
    log:
        "results/{study}/logs/figures/{figure}.log",
    benchmark:
        "results/{study}/timings/figures/{figure}.tsv"
    conda:
        ENVIRONMENT
    params:
        **stage_parameters("figure.py"),
        caption=lambda w: FIGURES[w.figure].caption,
    message:
        "{wildcards.study}: figure {wildcards.figure}"
    script:
        "../scripts/figure.py"

rule comparison:
    input:
        unpack(lambda w: comparison_inputs(w.comparison)),
    output:
        report(
            "results/comparison/{comparison}.png",
            caption="../report/comparison.rst",
            category="Comparison of studies",
            labels={"figure": "{comparison}"},
        ),
        "results/comparison/{comparison}.pdf",
        "results/comparison/{comparison}.svg",
    log:
        "results/comparison/logs/{comparison}.log",
    benchmark:
        "results/comparison/timings/{comparison}.tsv"
    conda:
        ENVIRONMENT
    params:
        code_digest=code_digest("comparison.py"),
        caption=lambda w: COMPARISONS[w.comparison].caption,
        studies=lambda w: {
            study.name: study.settings.sections("published_run", "degeneracy")
            for study in compared(w.comparison)
        },
    message:
        "comparison of studies: {wildcards.comparison}"
    script:
        "../scripts/comparison.py"

rule infer:
    input:
        unpack(lambda w: inputs_of(w.study, rounds_needs(w.study, w.round))),
    output:
        "results/{study}/posterior/{round}.nc",
    log:
        "results/{study}/logs/infer/{round}.log",
    benchmark:
        "results/{study}/timings/infer/{round}.tsv"
    conda:
        ENVIRONMENT
    params:
        **stage_parameters(
            "infer.py",
            depends=lambda w: settings_of(w.study).inference_sections(w.round),
        ),
    message:
        "{wildcards.study}: posterior of rules for {wildcards.round}"
    script:
        "../scripts/infer.py"

# What the configuration will cost, before it is submitted: `snakemake plan`, which runs nothing else.
rule plan:
    log:
        f"{results.ROOT}/plan.txt",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        planned=lambda w: planned(),
        gpu=GPU,
    message:
        "what the configuration will cost"
    script:
        "../scripts/plan.py"

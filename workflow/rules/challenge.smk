rule challenge:
    input:
        rules="results/{study}/rules/examples.nc",
        fitness="results/{study}/fitness/examples.nc",
    output:
        "results/{study}/challenges.nc",
    log:
        "results/{study}/logs/challenge.log",
    benchmark:
        "results/{study}/timings/challenge.tsv"
    conda:
        ENVIRONMENT
    threads: lambda w: cores(cost_of_challenges(w).at_once)
    resources:
        **resources_of(cost_of_challenges),
    params:
        **stage_parameters("challenge.py", "evaluation", "examples", scores=True),
    message:
        "{wildcards.study}: the best rules for long, and with one synapse type frozen"
    script:
        "../scripts/challenge.py"

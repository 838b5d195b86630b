rule simulate:
    input:
        rules="results/{study}/rules/{origin}.nc",
    # Can be made again from the rules: `snakemake --delete-temp-output` deletes it, the profiles keep it till then.
    output:
        temp("results/{study}/activity/{origin}/{batch}.nc"),
    log:
        "results/{study}/logs/simulate/{origin}/{batch}.log",
    benchmark:
        "results/{study}/timings/simulate/{origin}/{batch}.tsv"
    conda:
        ENVIRONMENT
    threads: lambda w: cores(cost_of_batch(w).at_once)
    resources:
        **resources_of(cost_of_batch),
    params:
        **stage_parameters("simulate.py", "evaluation"),
        rules=lambda w: batches(w.study, w.origin)[int(w.batch)],
    message:
        "{wildcards.study}: networks under the {wildcards.origin} rules, batch {wildcards.batch}"
    script:
        "../scripts/simulate.py"

rule simulate:
    input:
        inputs(results.Activity),
    # Can be made again from the rules: `snakemake --delete-temp-output` deletes it, the profiles keep it till then.
    output:
        temp(results.Activity.pattern),
    log:
        results.beside(results.Activity, "logs", ".log"),
    benchmark:
        results.beside(results.Activity, "timings", ".tsv")
    conda:
        ENVIRONMENT
    threads: threads_of(results.Activity)
    resources:
        **resources_of(results.Activity),
    params:
        **parameters(results.Activity),
    message:
        "{wildcards.study}: networks under the {wildcards.rules} rules, {wildcards.condition}, batch {wildcards.batch}"
    script:
        "../scripts/job.py"

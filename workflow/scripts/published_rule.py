"""Stage published_rule: score the final rule of a published run at published scale.

| file   | contract      | dims                            | what                             |
|--------|---------------|---------------------------------|----------------------------------|
| run    | published_run | generation_boundary, coordinate | the published search             |
| output | fitness       | rule, trial, ...                | loss and status in every trial   |
"""

from stage import compute, job, write_output

from synapseek_core.files.contracts.published import PUBLISHED_RUN
from synapseek_core.files.contracts.rules import FITNESS
from synapseek_core.files.datasets import read
from synapseek_core.published.rules import evaluate_final_rule

with job(snakemake) as project:
    study = project.published_studies[snakemake.params.study]
    run, trials = read(snakemake.input.run, PUBLISHED_RUN), snakemake.params.trials
    machine = compute(snakemake)
    fitness = evaluate_final_rule(study, snakemake.wildcards.run, run, trials, machine)
    write_output(snakemake, study, fitness, FITNESS, study.task.device(machine), trials=trials)

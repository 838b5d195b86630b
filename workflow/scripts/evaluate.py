"""Stage evaluate: score what the networks did.

| file     | contract        | dims                    | what                                     |
|----------|-----------------|-------------------------|------------------------------------------|
| activity | the task's own  | rule, trial, time, ...  | all batches of one origin                |
| output   | fitness         | rule, trial, ...        | loss, status, measures of the task       |
"""

from stage import read_input, stage, write_output

from synapseek_core.files.contracts.rules import FITNESS
from synapseek_core.files.datasets import join_rules

with stage(snakemake) as study:
    batches = [study.task.evaluate(batch) for batch in read_input(snakemake, study, "activity")]
    write_output(snakemake, study, join_rules(batches), FITNESS)

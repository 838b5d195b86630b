"""Stage evaluate: score what the networks did.

| file     | contract | dims                          | what                                     |
|----------|----------|-------------------------------|------------------------------------------|
| activity | activity | rule, trial, time, ...        | all batches of one origin                |
| output   | fitness  | rule, trial, population       | loss, status, rates (Hz)                 |
"""

import xarray as xr
from stage import read_input, stage, write_output

from synapseek_core.datasets import FITNESS

with stage(snakemake) as study:
    batches = [study.task.evaluate(batch) for batch in read_input(snakemake, "activity")]
    write_output(snakemake, study, xr.concat(batches, "rule"), FITNESS)

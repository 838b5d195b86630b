"""Stage simulate: let a batch of rules loose in the networks of the evaluation trials.

| file   | contract | dims                                                | what                              |
|--------|----------|-----------------------------------------------------|-----------------------------------|
| rules  | rules    | rule, parameter                                     | theta in natural units            |
| output | the task's | rule, trial, time, ...                            | rates or outputs, weights, status |
"""

import numpy as np
from stage import compute, labels, read_input, stage, write_output

from synapseek_core.seeds import Trials

with stage(snakemake) as study:
    settings = study.settings
    table = read_input(snakemake, study, "rules")
    settings.rule_space.check([str(n) for n in table["parameter"].values], snakemake.input.rules)
    batch = table.isel(rule=list(snakemake.params.rules))
    trials = Trials(settings.seed, ("evaluation",), settings.evaluation.trials)
    kept = np.flatnonzero(batch["keep_spikes"].values).tolist()
    task, machine = study.task, compute(snakemake)
    activity = task.simulate(batch["theta"].values, labels(batch), trials, machine, kept)
    write_output(snakemake, study, task.stored(activity, kept), task.activity_contract, task.device(machine))

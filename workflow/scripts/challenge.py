"""Stage challenge: the best rules when they go on for long, and when one synapse type is frozen.

| file    | contract   | dims                        | what                                       |
|---------|------------|-----------------------------|--------------------------------------------|
| rules   | rules      | rule, parameter             | the best of the last round of inference    |
| fitness | fitness    | rule, trial, constraint     | how they were evaluated, final weights     |
| output  | challenges | rule, condition, constraint | loss, and which constraints are met        |
"""

from stage import compute, read_result, stage, write_output

from synapseek_core.analysis.challenges import challenges
from synapseek_core.files.contracts.inference import CHALLENGES
from synapseek_core.files.contracts.rules import FITNESS, RULES

with stage(snakemake) as study:
    machine = compute(snakemake)
    rules, fitness = (
        read_result(snakemake.input.rules, RULES),
        read_result(snakemake.input.fitness, FITNESS),
    )
    result = challenges(study.task, rules, fitness, machine)
    write_output(snakemake, study, result, CHALLENGES, study.task.device(machine))

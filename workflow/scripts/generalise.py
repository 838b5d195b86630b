"""Stage generalise: learned and known rules on what they were not trained on.

| file    | contract       | dims                   | what                                          |
|---------|----------------|------------------------|-----------------------------------------------|
| rules_* | rules          | rule, parameter        | learned, reference and published rules        |
| output  | generalisation | rule, condition, trial | loss and measures of every rule               |
"""

from stage import compute, read_input, stage, write_output

from synapseek_core.analysis.generalisation import generalise, rules_under_test
from synapseek_core.files.contracts.rules import GENERALISATION
from synapseek_core.rule_sets.origins import TESTED, origins_of

with stage(snakemake) as study:
    settings = study.settings
    origins = [origin for origin in TESTED if origin in origins_of(settings)]
    rules = rules_under_test({origin: read_input(snakemake, study, f"rules/{origin}") for origin in origins})
    machine = compute(snakemake)
    result = generalise(study.conditions, rules, settings.seed, settings.generalisation.trials, machine)
    device, conditions = study.task.device(machine), snakemake.params.conditions
    write_output(snakemake, study, result, GENERALISATION, device, conditions=conditions)

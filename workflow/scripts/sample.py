"""Stage sample: plasticity rules from one origin.

| file   | contract | dims            | what                                                     |
|--------|----------|-----------------|----------------------------------------------------------|
| inputs | any      |                 | what the origin needs, see `synapseek_core.rule_sets.origins` |
| output | rules    | rule, parameter | theta in natural units (time constants in s)             |
"""

from stage import read_input, stage, write_output

from synapseek_core.files.contracts.rules import RULES
from synapseek_core.rule_sets.origins import origin_of

with stage(snakemake) as study:
    origin = origin_of(study.settings, snakemake.wildcards.origin)
    inputs = {need: read_input(snakemake, study, need) for need in origin.needs}
    write_output(snakemake, study, origin.sample(study.settings, inputs), RULES)

"""Stage families: all rules of all rounds of inference, which are plausible, and how many directions are left to them.

| file            | contract       | dims                    | what                                     |
|-----------------|----------------|-------------------------|------------------------------------------|
| rules_*         | rules          | rule, parameter         | of the prior and of every round          |
| fitness_*       | fitness        | rule, trial, constraint | their metrics, and which constraints met |
| posterior_*     | posterior      | flow, held_out, ...     | of every round that has one of its own   |
| output          | families       | rule, round, ...        | rules, metrics, spectra, correlations    |
"""

from stage import read_input, stage, write_output

from synapseek_core.analysis.families import families
from synapseek_core.files.contracts.inference import FAMILIES
from synapseek_core.rule_sets.origins import inferred_rounds, rounds_before

with stage(snakemake) as study:
    settings = study.settings
    origins = rounds_before(settings)
    result = families(
        settings,
        {origin: read_input(snakemake, study, f"rules/{origin}") for origin in origins},
        {origin: read_input(snakemake, study, f"fitness/{origin}") for origin in origins},
        {name: read_input(snakemake, study, f"posterior/{name}") for name in inferred_rounds(settings)},
    )
    write_output(snakemake, study, result, FAMILIES)

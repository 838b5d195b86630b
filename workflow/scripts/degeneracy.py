"""Stage degeneracy: how many different rules do the same job.

| file                          | contract      | dims                       | what                              |
|-------------------------------|---------------|----------------------------|-----------------------------------|
| search                        | search        | generation, coordinate     | last chunk of every run           |
| rules_*, fitness_*            | rules, fitness| rule, parameter, trial     | of every origin                   |
| output                        | degeneracy    | learned, eigenvector, ...  | spectra, distances, loss profiles |
"""

from stage import read_input, stage, write_output

from synapseek_core.analysis.study_degeneracy import analyse
from synapseek_core.files.contracts.rules import DEGENERACY
from synapseek_core.rule_sets.origins import origins_of

with stage(snakemake) as study:
    origins = origins_of(study.settings)
    result = analyse(
        study.settings,
        study.task,
        read_input(snakemake, study, "search"),
        {origin: read_input(snakemake, study, f"rules/{origin}") for origin in origins},
        {origin: read_input(snakemake, study, f"fitness/{origin}") for origin in origins},
    )
    write_output(snakemake, study, result, DEGENERACY)

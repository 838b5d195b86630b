"""Stage metalearn: one chunk of generations of one run of one search.

| file     | contract | dims                               | what                                        |
|----------|----------|------------------------------------|---------------------------------------------|
| previous | search   | generation, member, coordinate     | the chunk before; none for the first        |
| output   | search   | generation, member, coordinate     | rules, losses, distribution, complete state |
"""

from stage import compute, read_result, stage, write_output

from synapseek_core.files.contracts.rules import SEARCH
from synapseek_core.search.methods import advance

with stage(snakemake) as study:
    machine = compute(snakemake)
    chunk = advance(
        study.task,
        snakemake.wildcards.search,
        int(snakemake.wildcards.restart),
        snakemake.params.generations,
        read_result(snakemake.input.previous[0], SEARCH) if snakemake.input.previous else None,
        machine,
    )
    write_output(snakemake, study, chunk, SEARCH, study.task.device(machine), search=snakemake.params.search)

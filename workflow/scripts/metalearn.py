"""Stage metalearn: one chunk of generations of one search.

| file     | contract | dims                               | what                                        |
|----------|----------|------------------------------------|---------------------------------------------|
| previous | search   | generation, member, coordinate     | the chunk before; none for the first        |
| output   | search   | generation, member, coordinate     | rules, losses, distribution, complete state |
"""

from stage import compute, stage, write_output

from synapseek_core.datasets import SEARCH, read
from synapseek_core.runtime import enable_compile_cache
from synapseek_core.search.evolution import evolve, population_loss

with stage(snakemake) as study:
    enable_compile_cache()
    settings = study.settings
    previous = read(snakemake.input.previous[0], SEARCH) if snakemake.input.previous else None
    chunk = evolve(
        population_loss(study.task, compute(snakemake)),
        settings.rule_space,
        settings.search,
        settings.seed,
        int(snakemake.wildcards.restart),
        snakemake.params.generations,
        previous,
    )
    write_output(snakemake, study, chunk, SEARCH, search=snakemake.params.search)

"""Every stage that makes a NetCDF file: read what its result needs, make it, write it with its provenance.

| stage    | makes           | from                                                    |
|----------|-----------------|---------------------------------------------------------|
| sample   | rules           | what the rule set needs: searches, fitness, a table     |
| simulate | the task's own  | a batch of the rules, in a condition                    |
| score    | fitness         | activity of all batches                                 |
| search   | search          | the chunk before; none for the first                    |
| infer    | posterior       | rules and fitness of all rounds before                  |
| move     | population      | rules and fitness of a sweep, the population before it  |
| analyse  | its own         | what the analysis needs                                 |
| tabulate | published_table | published runs, fitness of their final rules, searches  |
"""

import shutil
from pathlib import Path

from stage import input_names, job, read_inputs

from synapseek_core.files import datasets
from synapseek_core.files.provenance import provenance
from synapseek_core.runtime import Compute, enable_compile_cache

with job(snakemake) as (project, graph, stage, result):
    # What a long job has so far, from which it goes on after a stop.
    unfinished = Path(snakemake.output[0]).with_suffix(".unfinished")
    compute = Compute(project.settings.backend, project.settings.device, snakemake.threads, unfinished)
    if stage.cost(result).networks:
        enable_compile_cache()
    dataset = stage.run(result, read_inputs(graph, result, snakemake.input), compute)
    name, scale, references = stage.describes(result)
    attributes = provenance(
        name,
        stage.name,
        [*input_names(graph, result), *map(str, stage.files(result))],
        snakemake.params.settings,
        scale,
        snakemake.params.code_digest,
        references,
        stage.device(result, compute),
    )
    datasets.write(dataset, stage.contract(result), snakemake.output[0], attributes | {"result": result.path})
    shutil.rmtree(unfinished, ignore_errors=True)

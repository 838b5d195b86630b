"""Every stage that draws a figure, from NetCDF files alone.

| stage            | figure                                  |
|------------------|-----------------------------------------|
| draw             | of a study                              |
| compare          | across studies                          |
| published_figure | of the published table                  |
"""

from pathlib import Path

from stage import input_names, job, read_inputs

from synapseek_core.figures.figure import save
from synapseek_core.files.lineage import figure_record

with job(snakemake) as (_, graph, stage, result):
    name, scale, _ = stage.describes(result)
    figure = stage.draw(result, read_inputs(graph, result, snakemake.input))
    inputs = input_names(graph, result)
    folder = Path(snakemake.input[0].removesuffix(inputs[0]))
    record = figure_record(stage.figure(result), name, scale, snakemake.params.code_digest, inputs, folder)
    save(figure, snakemake.output, scale, record)

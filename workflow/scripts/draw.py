"""Every stage that draws a figure, from NetCDF files alone.

| stage            | figure                                  |
|------------------|-----------------------------------------|
| draw             | of a study                              |
| compare          | across studies                          |
| published_figure | of the published table                  |
"""

from stage import job, read_inputs

from synapseek_core.figures.figure import save
from synapseek_core.files.lineage import figure_record

with job(snakemake) as (_, graph, stage, result):
    name, scale, _ = stage.describes(result)
    figure = stage.draw(result, read_inputs(graph, result))
    record = figure_record(stage.figure(result), name, scale, snakemake.params.code_digest, snakemake.input)
    save(figure, snakemake.output, scale, record)

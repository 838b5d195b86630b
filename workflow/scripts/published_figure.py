"""Stage published_figure: learning curves of published runs beside ours.

| file   | contract        | what                               |
|--------|-----------------|------------------------------------|
| input  | published_table | the table                          |
| output |                 | the figure as PNG, PDF and SVG     |
"""

from stage import job, read_result

from synapseek_core.figures.figure import save
from synapseek_core.files.contracts.published import PUBLISHED_TABLE
from synapseek_core.files.lineage import figure_record
from synapseek_core.published.figure import draw

with job(snakemake):
    digest = snakemake.params.code_digest
    record = figure_record("learning_curves", "published_table", "published", digest, snakemake.input)
    save(draw(read_result(snakemake.input[0], PUBLISHED_TABLE)), snakemake.output, "published", record)

"""Stage published_figure: learning curves of published runs beside ours.

| file   | contract        | what                               |
|--------|-----------------|------------------------------------|
| input  | published_table | the table                          |
| output |                 | the figure as PNG, PDF and SVG     |
"""

from stage import job, read_result

from synapseek_core.contracts import PUBLISHED_TABLE
from synapseek_core.figures import save
from synapseek_core.figures.published_table import draw
from synapseek_core.lineage import figure_record

with job(snakemake):
    digest = snakemake.params.code_digest
    record = figure_record("learning_curves", "published_table", "published", digest, snakemake.input)
    save(draw(read_result(snakemake.input[0], PUBLISHED_TABLE)), snakemake.output, "published", record)

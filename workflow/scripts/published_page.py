"""Stage published_page: the published table to read, and as numbers.

| file   | contract        | what                                                |
|--------|-----------------|-----------------------------------------------------|
| table  | published_table | the table                                           |
| figure |                 | its learning curves, PNG                            |
| output |                 | page (HTML, with the figure in it), csv             |
"""

from pathlib import Path

from stage import job, read_inputs

from synapseek_core.published.page import csv_text, page

with job(snakemake) as (_, graph, stage, result):
    (table,) = read_inputs(graph, result, snakemake.input).values()
    figure = Path(snakemake.input.figure).read_bytes()
    Path(snakemake.output.page).write_text(page(table, figure, snakemake.params.caption))
    Path(snakemake.output.csv).write_text(csv_text(table))

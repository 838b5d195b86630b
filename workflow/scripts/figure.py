"""Stage figures: draw one figure, from NetCDF files alone.

| file   | contract | what                                                             |
|--------|----------|------------------------------------------------------------------|
| inputs | any      | what the figure needs, see `synapseek_core.figures`              |
| output |          | the figure as PNG, PDF and SVG                                   |
"""

from stage import read_input, stage

from synapseek_core.figures.figure import save
from synapseek_core.figures.registry import FIGURES
from synapseek_core.files.lineage import figure_record

with stage(snakemake) as study:
    figure = FIGURES[snakemake.wildcards.figure]
    data = {need: read_input(snakemake, study, need) for need in figure.needs}
    name, digest = snakemake.wildcards.figure, snakemake.params.code_digest
    record = figure_record(name, study.name, study.scale, digest, snakemake.input)
    save(figure.draw(study.settings, data), snakemake.output, study.scale, record)

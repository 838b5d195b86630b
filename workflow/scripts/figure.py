"""Stage figures: draw one figure, from NetCDF files alone.

| file   | contract | what                                                             |
|--------|----------|------------------------------------------------------------------|
| inputs | any      | what the figure needs, see `synapseek_core.figures`              |
| output |          | the figure as PNG, PDF and SVG                                   |
"""

from stage import read_input, stage

from synapseek_core.figures import FIGURES, save

with stage(snakemake) as study:
    figure = FIGURES[snakemake.wildcards.figure]
    data = {need: read_input(snakemake, study, need) for need in figure.needs}
    save(figure.draw(study.settings, data), snakemake.output, study.scale)

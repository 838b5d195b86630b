"""Stage comparison: draw one figure across studies, from NetCDF files alone.

| file   | contract | what                                                                    |
|--------|----------|-------------------------------------------------------------------------|
| inputs | any      | what the figure needs of each study, see `synapseek_core.figures.comparison` |
| output |          | the figure as PNG, PDF and SVG                                          |
"""

from stage import job, read_input

from synapseek_core.figures.comparison.comparison import StudyResults
from synapseek_core.figures.comparison.registry import COMPARISONS
from synapseek_core.figures.figure import save
from synapseek_core.files.lineage import figure_record

with job(snakemake) as project:
    figure = COMPARISONS[snakemake.wildcards.comparison]
    studies = [project.studies[name] for name in snakemake.params.studies]
    results = [
        StudyResults(study, {need: read_input(snakemake, study, need, f"{study.name}_") for need in figure.needs})
        for study in studies
    ]
    scale = "preview" if any(study.scale == "preview" for study in studies) else "published"
    names = ", ".join(study.name for study in studies)
    record = figure_record(snakemake.wildcards.comparison, names, scale, snakemake.params.code_digest, snakemake.input)
    save(figure.draw(results), snakemake.output, scale, record)

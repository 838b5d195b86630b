"""Stage tabulate: published runs beside our loss of their final rules and our own searches from their starts.

| file     | contract        | dims                        | what                                             |
|----------|-----------------|-----------------------------|--------------------------------------------------|
| runs     | published_run   | generation, coordinate      | all published runs                               |
| fitness  | fitness         | rule, trial                 | final rule of every run that has a study         |
| searches | search          | generation, distribution    | chunks of our own searches; none without a study |
| output   | published_table | run, own_search, generation | the table                                        |
"""

from collections import defaultdict
from pathlib import Path

from stage import job, read_result, write_result

from synapseek_core.files.contracts.published import PUBLISHED_RUN, PUBLISHED_TABLE
from synapseek_core.files.contracts.rules import FITNESS, SEARCH
from synapseek_core.files.datasets import read
from synapseek_core.published.table import published_table
from synapseek_core.search.history import join_runs

with job(snakemake) as project:
    runs = {Path(file).stem: read(file, PUBLISHED_RUN) for file in snakemake.input.runs}
    fitness = {Path(file).stem: read_result(file, FITNESS) for file in snakemake.input.fitness}
    studies = {run: project.published_studies[study] for run, study in snakemake.params.study_of_run.items()}
    searches = defaultdict(list)
    for search in join_runs([read_result(file, SEARCH) for file in snakemake.input.searches]):
        searches[project.studies[search.attrs["study"]].settings.published_run].append(search)
    table = published_table(runs, studies, fitness, searches, project.settings.published_table.changes)
    references = dict.fromkeys(run.attrs["references"] for run in runs.values() if "references" in run.attrs)
    write_result(snakemake, table, PUBLISHED_TABLE, "published_table", "published", "; ".join(references))

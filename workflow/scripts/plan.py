"""Target plan: print what the configuration will cost by study and stage, beside what the jobs done so far took.

| file | what                                                                                   |
|------|----------------------------------------------------------------------------------------|
| log  | the table, as printed; core and GPU hours are those of `synapseek_core.interfaces.costs`          |
"""

from collections.abc import Iterator
from pathlib import Path

from synapseek_core.interfaces.costs import Cost
from synapseek_core.pipeline.results import timing_files
from synapseek_core.pipeline.stages.registry import STAGES

FOLDER = Path(snakemake.log[0]).parents[1]
"""Folder of the run: a module has a prefix."""

HEAD = (
    f"{'study':26}{'stage':11}{'jobs':>7}{'networks':>10}{'core h':>10}{'GPU h':>9}{'GB a job':>10}{'GB stored':>11}"
    f"{'done':>7}{'took core h':>13}"
)


def took(study: str, stage: str) -> tuple[int, float]:
    """Number of the jobs of a stage that are done, and the core hours that they took."""
    files = timing_files(STAGES[stage].makes, study, FOLDER)
    lines = [[line.split("\t") for line in file.read_text().splitlines()] for file in files]
    seconds = [float(values[names.index("cpu_time")]) for names, values, *_ in lines]
    return len(seconds), sum(seconds) / 3600


def table(planned: list[tuple[str, str, int, Cost, float]], gpu: bool) -> Iterator[str]:
    """Lines of the table, the sum last."""
    sums = [0.0] * 7
    yield HEAD
    for study, stage, jobs, cost, memory in planned:
        cores, gpus = cost.hours(jobs, gpu and cost.networks > 0)
        numbers = (jobs, cost.networks, cores, gpus, cost.storage / 1e9, *took(study, stage))
        sums = [a + b for a, b in zip(sums, numbers, strict=True)]
        yield line(study, stage, memory / 1e9, *numbers)
    yield line("all", "", max(row[4] for row in planned) / 1e9, *sums)


def line(
    study: str,
    stage: str,
    memory: float,
    jobs: float,
    networks: float,
    cores: float,
    gpus: float,
    storage: float,
    done: float,
    took: float,
) -> str:
    """One line of the table."""
    return (
        f"{study:26}{stage:11}{jobs:7.0f}{networks:10.0f}{cores:10.3g}{gpus:9.3g}{memory:10.2g}{storage:11.2g}"
        f"{done:7.0f}{took:13.3g}"
    )


text = "\n".join(table(snakemake.params.planned, snakemake.params.gpu))
print(text, flush=True)
Path(snakemake.log[0]).write_text(text + "\n")

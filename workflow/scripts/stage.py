"""What every script of the workflow does: find its result and inputs, report errors in one line, write one result."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import xarray as xr

from synapseek_core.errors import DatasetError, SynapseekError
from synapseek_core.files import datasets
from synapseek_core.pipeline.graph import FORMATS, Graph, is_list
from synapseek_core.pipeline.results import Data, Result
from synapseek_core.pipeline.stage import DatasetStage, Stage
from synapseek_core.pipeline.stages.registry import STAGES
from synapseek_core.studies import project

# What is imported stays: to search it for garbage and to take it apart at the end is half a second of every job.
gc.freeze()


@contextmanager
def job(snakemake: Any) -> Iterator[tuple[project.Project, Graph, Stage, Result]]:
    """The project, the graph of its results, and the stage and the result of this job.

    Output goes to the job's log; an error that the user can mend ends it with one line.
    """
    terminal = os.dup(2)
    try:
        # The file descriptor, not only sys.stderr, so that what libraries print in C arrives there too.
        log = os.open(snakemake.log[0], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        loaded = project.load_checked(snakemake.config)
        graph = Graph(loaded.setup())
        stage = graph.stage_of(STAGES[snakemake.params.stage].makes)
        result = stage.makes.of({"form": FORMATS[0]} | dict(snakemake.wildcards.items()))
        yield loaded, graph, stage, result
    except SynapseekError as error:
        fail(str(error), terminal)
    except MemoryError:
        fail("out of memory: take smaller batches (evaluation.batch_size), or give the job more memory", terminal)
    except OSError as error:
        fail(datasets.file_error(error, snakemake.output[0]), terminal)


def fail(text: str, terminal: int) -> NoReturn:
    """End the job with a line in its log, or on the terminal where the log cannot be written: its disk may be full."""
    line = f"Error: {text}\n".encode()
    try:
        os.write(2, line)
        os.fsync(2)
    except OSError:
        os.write(terminal, line)
    sys.exit(1)


def input_names(graph: Graph, result: Result) -> list[str]:
    """Names of what a result is made from, from the folder of the run on: files of a module lie below its prefix."""
    return [one.path for results in graph.inputs(result).values() for one in results]


def read_inputs(graph: Graph, result: Result, files: Iterable[str]) -> Data:
    """All that a result is made from, by need; `files` of a job begin with those of the needs, in their order."""
    data, waiting = {}, iter(files)
    for need, results in graph.inputs(result).items():
        found = [read_result(graph, one, next(waiting)) for one in results]
        data[need] = found if is_list(need) else found[0]
    return data


def read_result(graph: Graph, result: Result, file: str) -> xr.Dataset:
    """A result of this workflow from its file, which must be the one that was written under this name."""
    stage = graph.stage(result)
    assert isinstance(stage, DatasetStage)
    dataset = datasets.read(file, stage.contract(result))
    if dataset.attrs.get("result") != result.path:
        raise DatasetError(f"{file}: was written as {dataset.attrs.get('result')!r}; {datasets.RESULT.wrong}")
    return dataset

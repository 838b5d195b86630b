"""What every script of the workflow does: read its study and inputs, report errors in one line, write one result."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.errors import DatasetError, SynapseekError
from synapseek_core.files import datasets, provenance
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.registry import CONTRACTS
from synapseek_core.files.contracts.rules import SEARCH
from synapseek_core.runtime import Compute, enable_compile_cache
from synapseek_core.studies import project

# What is imported stays: to search it for garbage and to take it apart at the end is half a second of every job.
gc.freeze()


@contextmanager
def job(snakemake: Any) -> Iterator[project.Project]:
    """The project. Output goes to the job's log; an error that the user can mend ends it with one line."""
    try:
        if snakemake.log:
            # The file descriptor, not only sys.stderr, so that what libraries print in C arrives there too.
            log = os.open(snakemake.log[0], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
        enable_compile_cache()
        yield project.load(snakemake.config)
    except SynapseekError as error:
        sys.exit(f"Error: {error}")
    except MemoryError:
        sys.exit("Error: out of memory: take smaller batches (evaluation.batch_size), or give the job more memory")
    except OSError as error:
        sys.exit(f"Error: {datasets.write_error(error, error.filename or 'a file')}")


@contextmanager
def stage(snakemake: Any) -> Iterator[project.Study]:
    """The study of a job; see `job`."""
    with job(snakemake) as loaded:
        yield loaded.studies[snakemake.wildcards.study]


def compute(snakemake: Any) -> Compute:
    """Backend and device of the configuration, threads of the job; what JAX compiles is kept."""
    enable_compile_cache()
    settings = project.load(snakemake.config).settings
    return Compute(settings.backend, settings.device, snakemake.threads)


def read_input(snakemake: Any, study: project.Study, need: str, prefix: str = "") -> Any:
    """A result by the name that origins and figures use (`rules/learned`, `search`): one dataset, or a list.

    Args:
        prefix: what the job puts before the names of this study's inputs.
    """
    kind = need.partition("/")[0]
    special = {"history": SEARCH, "activity": study.task.activity_contract}
    contract = special.get(kind) or CONTRACTS[kind]
    value = snakemake.input[prefix + "_".join(need.split("/"))]
    if kind in ("search", "history", "activity"):
        paths = [value] if isinstance(value, str) else list(value)
        return [read_result(path, contract) for path in paths]
    return read_result(value, contract)


def read_result(path: str, contract: Contract) -> xr.Dataset:
    """A result of this workflow, which must be the one that was written under this name."""
    dataset = datasets.read(path, contract)
    if dataset.attrs.get("result") != path:
        raise DatasetError(f"{path}: was written as {dataset.attrs.get('result')!r}; {datasets.MEND}")
    return dataset


def write_output(
    snakemake: Any,
    study: project.Study,
    dataset: xr.Dataset,
    contract: Contract,
    device: str | None = None,
    **settings: Any,
) -> None:
    """Write the job's NetCDF file as a result of a study; see `write_result`."""
    names = study.name, study.scale, study.settings.references
    write_result(snakemake, dataset, contract, *names, device, **settings)


def write_result(
    snakemake: Any,
    dataset: xr.Dataset,
    contract: Contract,
    name: str,
    scale: str,
    references: str,
    device: str | None = None,
    **settings: Any,
) -> None:
    """Write the job's NetCDF file with its provenance.

    Args:
        name: the study's, or that of what belongs to no study.
        device: what simulated, if something did.
        settings: what the stage used beyond what the simulation did.
    """
    parameters = snakemake.params
    attributes = provenance.provenance(
        name,
        snakemake.rule,
        list(snakemake.input),
        dict(parameters.settings) | settings,
        scale,
        parameters.code_digest,
        references,
        device,
    )
    datasets.write(dataset, contract, snakemake.output[0], attributes | {"result": snakemake.output[0]})


def labels(dataset: xr.Dataset) -> list[str]:
    """Names of the rules of a dataset."""
    return [str(name) for name in np.atleast_1d(dataset["rule"].values)]

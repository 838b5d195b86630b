"""Array shapes and types that the code names are checked in every test; a finished tiny run that tests share."""

import fcntl
import os

import pytest
from jaxtyping import install_import_hook
from tiny_workflow import Folder

# Most tests compile longer than they run; Snakemake's jobs inherit it.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "true")

CHECKED = ("network", "records", "simulation")
install_import_hook([f"synapseek_core.engine.{name}" for name in CHECKED], "beartype.beartype")

LONG = ("slurm", "workflow", "faults", "rounds")
"""In names of files that take minutes: begun first, they do not end as one worker's alone."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not any(word in item.path.stem for word in LONG))


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    """A finished tiny run; tests that change it put it back. One worker makes it, and each takes a copy."""
    base = tmp_path_factory.getbasetemp()
    place = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with open(place / "finished.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "finished").exists():
            Folder(place / "finished").snakemake()
    return Folder.at(place / "finished").copy(tmp_path_factory.mktemp("workflow") / "project")

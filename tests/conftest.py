"""Array shapes and types that the code names are checked in every test; a finished tiny run that tests share."""

import atexit
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from jaxtyping import install_import_hook
from tiny_workflow import Folder

# Most tests compile longer than they run; Snakemake's jobs inherit it.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "true")


def use_writable_caches():
    """Snakemake does not start without a cache folder of the user's, which a home that is read-only lacks."""
    place = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    try:
        place.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=place).close()
    except OSError:
        instead = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, instead, ignore_errors=True)
        os.environ["XDG_CACHE_HOME"] = instead


use_writable_caches()

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

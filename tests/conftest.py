"""Array shapes and types that the code names are checked in every test; a finished tiny run that tests share."""

import pytest
from jaxtyping import install_import_hook
from tiny_workflow import Folder

CHECKED = ("network", "records", "simulation")
install_import_hook([f"synapseek_core.engine.{name}" for name in CHECKED], "beartype.beartype")


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    """A finished tiny run; tests that change it put it back."""
    folder = Folder(tmp_path_factory.mktemp("workflow") / "project")
    folder.snakemake()
    return folder

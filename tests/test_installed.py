"""The digest of the code is the same wherever the package lies, and however its lines end."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = """
from synapseek_core.interfaces.setup import Setup
from synapseek_core.pipeline.digest import PACKAGE
from synapseek_core.pipeline.graph import Graph
from synapseek_core.studies.project import load_study
study = load_study("stability_IE")
graph = Graph(Setup({study.name: study}))
print(PACKAGE)
for result in graph.all_before(graph.figures()):
    print(result.path, graph.stage(result).digest(result))
"""


def digests(path):
    """The digests of all results of a study, of the package below a folder."""
    command = [sys.executable, "-c", PROGRAM]
    output = subprocess.run(
        command, cwd=path, env={"PYTHONPATH": str(path)}, capture_output=True, text=True, check=True
    )
    place, *lines = output.stdout.splitlines()
    assert place == str((path / "synapseek_core").resolve())
    return lines


def test_same_digests_beside_the_workflow_and_installed_elsewhere_and_with_other_line_ends(tmp_path):
    here = digests(ROOT)
    assert len(here) > 20
    installed = tmp_path / "opt" / "lib" / "site-packages"
    shutil.copytree(ROOT / "synapseek_core", installed / "synapseek_core", ignore=shutil.ignore_patterns("__pycache__"))
    assert digests(installed) == here
    for file in (installed / "synapseek_core").rglob("*.py"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert digests(installed) == here

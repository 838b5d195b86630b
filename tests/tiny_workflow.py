"""A copy of the project with a tiny configuration, in which the workflow can be run, killed and damaged."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TINY = {
    "scale": "preview",
    "studies": {
        "stability_IE": {
            "network": {"excitatory": 80, "inhibitory": 20, "connection_probability": 0.5},
            "protocol": {"training_time": 0.6, "scoring_time": 0.4},
            "prior": {"samples": 3},
            "search": {"cma_es": {"population_size": 4, "generations": 4, "trials": 1, "chunk": 2, "restarts": 2}},
            "evaluation": {"trials": 2, "batch_size": 8},
            "degeneracy": {"displacements": [0.2], "draws": 1},
        }
    },
}


class Folder:
    """A copy of the project with a tiny configuration."""

    def __init__(self, path, config=None):
        self.path = path
        path.mkdir(parents=True)
        for part in ("workflow", "synapseek_core", "envs"):
            shutil.copytree(ROOT / part, path / part, ignore=shutil.ignore_patterns("__pycache__"))
        self.configure(config or TINY)

    @classmethod
    def at(cls, path):
        """One that is there."""
        folder = cls.__new__(cls)
        folder.path = path
        return folder

    def copy(self, path):
        """A copy with times of files and Snakemake's records."""
        shutil.copytree(self.path, path)
        return Folder.at(path)

    def configure(self, config):
        (self.path / "config.yaml").write_text(yaml.safe_dump(config))

    def start(self, *arguments, where=("--cores", "2"), environment=None, python=sys.executable):
        """Start Snakemake, here unless `where` says otherwise."""
        command = [python, "-m", "snakemake", *where, *arguments]
        return subprocess.Popen(
            command,
            cwd=self.path,
            env=os.environ | {"PYTHONPATH": str(self.path)} | (environment or {}),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def snakemake(self, *arguments, code=0, **options):
        """Run Snakemake; its output."""
        process = self.start(*arguments, **options)
        output = process.communicate()[0]
        assert process.returncode == code, output
        return output

    def digests(self, *endings):
        """SHA-256 of all results with these endings."""
        files = [f for ending in endings or ("nc",) for f in sorted((self.path / "results").rglob(f"*.{ending}"))]
        return {str(f.relative_to(self.path)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}

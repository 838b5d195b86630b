"""What the SLURM profile takes from the environment."""

import yaml
from snakemake.resources import Resource
from tiny_workflow import ROOT


def account():
    profile = yaml.safe_load((ROOT / "workflow" / "profiles" / "slurm" / "config.yaml").read_text())
    expression = profile["default-resources"]["slurm_account"]
    return Resource.cli_evaluator("slurm_account", expression, wildcards={}, input=[], attempt=1, async_run=None)


def test_account_is_that_of_sbatch_if_there_is_one(monkeypatch):
    monkeypatch.setenv("SBATCH_ACCOUNT", "my_group")
    assert account() == "my_group"
    monkeypatch.delenv("SBATCH_ACCOUNT")
    assert account() == ""

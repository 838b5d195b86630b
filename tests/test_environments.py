"""The pinned environments hold every package that the project needs, and the container takes them from there."""

import re
import shutil
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from tiny_workflow import ROOT

ENVIRONMENTS = ("cpu", "cuda")
TOO_OLD = {
    "equinox": "0.12.2",  # jax.interpreters.batching.NotMapped, which JAX no longer has
    "flowjax": "19.0.0",  # "Expected input to be arraylike; got BatchTracer"
    "netcdf4": "1.7.2",  # a full disk is a segmentation fault
    "pydantic": "2.10.0",  # another schema of the configuration
    "pytest-xdist": "3.7.0",  # no --no-loadscope-reorder
    "ruff": "0.11.0",  # refuses the names of methods that visit a syntax tree
    "xarray": "2025.7.0",  # with pandas 3: names of type object, which it cannot write
}
"""Versions that the project does not work with, found by `tests/lowest.sh`."""


def name_of(requirement):
    return re.sub(r"[-_.]+", "-", Requirement(requirement).name).lower()


def pins(environment):
    """Package -> pinned version."""
    listed = yaml.safe_load((ROOT / "envs" / f"{environment}.yaml").read_text())["dependencies"]
    requirements = [Requirement(line) for line in listed[-1]["pip"]]
    return {name_of(str(one)): str(one.specifier).removeprefix("==") for one in requirements}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_dependency_is_pinned_within_its_limits(environment):
    pinned = pins(environment)
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    for dependency in dependencies:
        assert Requirement(dependency).specifier.contains(pinned[name_of(dependency)]), dependency
    assert all(re.fullmatch(r"[\w.]+", version) for version in pinned.values())


def test_no_version_is_allowed_that_is_known_not_to_work():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    allowed = {name_of(one): Requirement(one) for one in (*project["dependencies"], *extras["test"], *extras["dev"])}
    for name, version in TOO_OLD.items():
        assert not allowed[name].specifier.contains(version), name


def test_environments_differ_in_nothing_but_the_device():
    assert pins("cpu") == pins("cuda")


def test_container_takes_its_versions_from_the_environments():
    """The line by which the definition reads them."""
    definition = (ROOT / "envs" / "synapseek.def").read_text()
    command = re.search(r"sed -n 's/\^( +- )//p' envs/\{\{ environment \}\}\.yaml", definition)
    lines = (ROOT / "envs" / "cpu.yaml").read_text().splitlines()
    assert sum(line.startswith(command[1]) for line in lines) == len(pins("cpu"))


CLONED = ("envs/cpu.post-deploy.sh", "envs/synapseek.def", "envs/cpu.yaml", "workflow/Snakefile", "pyproject.toml")


def test_a_clone_of_windows_users_has_the_same_files(tmp_path):
    """Where git is set to put in carriage returns, which no shell understands."""
    (shipped,) = (ROOT / "synapseek_core" / "data").glob("*.nc")
    files = [*CLONED, shipped.relative_to(ROOT), ".gitattributes"]
    for file in files:
        (tmp_path / "whole" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / "whole" / file)
    git = ["git", "-c", "user.name=none", "-c", "user.email=none", "-c", "core.autocrlf=true"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"], ["clone", "-q", ".", "../clone"]):
        subprocess.run([*git, *command], cwd=tmp_path / "whole", check=True, stderr=subprocess.DEVNULL)
    for file in files:
        assert (tmp_path / "clone" / file).read_bytes() == (ROOT / file).read_bytes(), file

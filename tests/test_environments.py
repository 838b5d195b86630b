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

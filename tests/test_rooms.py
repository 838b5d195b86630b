"""The rooms of the package: imports never go upwards, and reading a file needs no library that simulates."""

import ast
import subprocess
import sys

import pytest

from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import RULES
from synapseek_core.files.provenance import PACKAGE
from synapseek_core.pipeline.digest import _imported
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.studies import project

ROOMS = (
    ("errors", "status", "registries", "quantities", "arithmetic", "runtime", "seeds"),
    ("plasticity", "neurons"),
    ("files",),
    ("engine", "linear", "streams", "measures", "theory"),
    ("interfaces",),
    ("pipeline.results",),
    ("inference", "search"),
    ("rule_sets",),
    ("tasks",),
    ("interfaces.analysis", "analysis"),
    ("figures",),
    ("published",),
    ("studies",),
    ("pipeline", "notebook"),
)
"""From the ground up; a module belongs to the longest name that it begins with."""

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path != PACKAGE / "__init__.py"
}


def floor(module):
    """Which floor a module stands on."""
    found = [
        (len(room), level)
        for level, rooms in enumerate(ROOMS)
        for room in rooms
        if module == room or module.startswith(f"{room}.")
    ]
    return max(found)[1]


def imported(module):
    """Modules of this package that a module imports, anywhere in it but for type checkers alone."""
    names = _imported(ast.parse(MODULES[module].read_text("utf-8")))
    return {inside for name in names if (inside := name.removeprefix("synapseek_core.")) in MODULES and inside != name}


def test_every_module_stands_in_a_room():
    assert {module for module in MODULES if floor(module) is not None} == set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_no_import_goes_upwards(module):
    assert not {other for other in imported(module) if floor(other) > floor(module)}


def test_imports_are_seen_wherever_they_stand():
    """Whole modules, names of modules, and within functions; not those for type checkers."""
    assert {"interfaces.costs", "search.registry", "search.objective"} <= imported("search.methods")
    assert "inference.rounds" in imported("pipeline.stages.infer")
    assert "search.settings.gradient" not in imported("search.objective")


HEAVY = ("jax", "jaxlib", "numba", "llvmlite", "scipy", "matplotlib")


def loaded(*code_and_arguments):
    """Names of the modules that a process has loaded at its end."""
    command = [sys.executable, "-c", *map(str, code_and_arguments)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return set(output.splitlines()[-1].split())


READ = """
import sys
from synapseek_core.files import datasets
from synapseek_core.files.contracts.registry import CONTRACTS
assert datasets.read(sys.argv[1], CONTRACTS["rules"]).sizes["rule"]
print(*sys.modules)
"""

LINEAGE = """
import runpy, sys
runpy.run_module("synapseek_core.files.lineage", run_name="__main__", alter_sys=True)
print()
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("rooms") / "rules.nc"
    rules = RULE_SETS["prior"].sample(project.load_study("stability_IE").settings, {})
    datasets.write(rules, RULES, path, {"study": "stability_IE", "result": path.name})
    return path


@pytest.mark.parametrize("code", [READ, LINEAGE], ids=["read", "lineage"])
def test_reading_a_file_loads_no_library_that_simulates(file, code):
    found = loaded(code, file)
    assert "synapseek_core.files.datasets" in found
    assert "netCDF4" in found
    assert not found & set(HEAVY)

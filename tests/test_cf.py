"""Every kind of file follows the CF conventions, so that any program for NetCDF reads it."""

import netCDF4
import numpy as np
import pytest
import xarray as xr

from synapseek_core.analysis.registry import ANALYSES
from synapseek_core.files import datasets
from synapseek_core.files.contracts.dimensions import LABELLED
from synapseek_core.files.contracts.registry import CONTRACTS

KINDS = {
    contract.kind: contract
    for contract in (*CONTRACTS.values(), *(analysis.contract for analysis in ANALYSES.values()))
}


def values(variable, shape):
    """Whatever a variable of a contract may hold; text that is empty, short, long and beyond ASCII."""
    if variable.dtype == "str":
        return np.resize(np.array(["", "Δ", "a longer text"], object), shape)
    return np.resize(variable.attributes.get("flag_values", [0, 1]), shape).astype(variable.dtype)


def made(contract):
    """A dataset with all that a kind of file may hold."""
    variables = {**contract.variables, **contract.optional}
    dims = {dim for variable in variables.values() for dim in variable.dims}
    labels = {dim: ["Δ", "ein längerer Name", "c"] for dim in dims & LABELLED}
    numbers = {dim: [0.5, 1.5, 2.5] for dim in dims & {"rate_time", "weight_time", "displacement"}}
    return xr.Dataset(
        {name: (one.dims, values(one, (3,) * len(one.dims))) for name, one in variables.items()}, labels | numbers
    )


def written(contract, path):
    attributes = dict.fromkeys(("history", "references", *contract.attributes), "made by a test")
    datasets.write(made(contract), contract, path, attributes)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_no_coordinate_has_missing_values(kind, tmp_path):
    with netCDF4.Dataset(written(KINDS[kind], tmp_path / "file.nc")) as opened:
        coordinates = [opened[name] for name in opened.dimensions if name in opened.variables]
        assert not [one.name for one in coordinates if {"_FillValue", "missing_value"} & set(one.ncattrs())]


@pytest.mark.parametrize("kind", KINDS)
def test_text_is_characters_of_a_fixed_number(kind, tmp_path):
    """Octave knows no text of variable length; what is read is what was written all the same."""
    path = written(KINDS[kind], tmp_path / "file.nc")
    with netCDF4.Dataset(path) as opened:
        assert not [name for name, variable in opened.variables.items() if variable.dtype is str]
        assert opened.schema_version.dtype == np.int32
    back, there = datasets.read(path, KINDS[kind]), datasets.describe(made(KINDS[kind]), KINDS[kind])
    xr.testing.assert_identical(back.drop_attrs(deep=False), there)


@pytest.mark.parametrize("kind", KINDS)
def test_a_variable_named_like_a_dimension_is_its_coordinate(kind):
    contract = KINDS[kind]
    assert not [name for name, one in {**contract.variables, **contract.optional}.items() if name in one.dims]


@pytest.fixture(scope="module")
def check():
    """What the compliance checker refuses in a file."""
    runner = pytest.importorskip("compliance_checker.runner", reason="compliance-checker is not installed")
    runner.CheckSuite.load_all_available_checkers()

    def refused(path):
        suite = runner.CheckSuite()
        with suite.load_dataset(str(path)) as dataset:
            results, failed = suite.run_all(dataset, ["cf:1.11"])["cf:1.11"]
        assert not failed
        return [text for one in results if not suite.passtree([one], limit=1) for text in one.msgs]

    return refused


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_passes_the_compliance_checker(kind, tmp_path, check):
    assert not check(written(KINDS[kind], tmp_path / "file.nc"))


def test_files_of_a_run_pass_the_compliance_checker(done, check):
    """They hold more than their contracts say."""
    files = {path.relative_to(done.path / "results").parts[1]: path for path in (done.path / "results").rglob("*.nc")}
    assert {"rules", "activity", "fitness", "search", "analysis"} <= files.keys()
    assert not [text for path in files.values() for text in check(path)]

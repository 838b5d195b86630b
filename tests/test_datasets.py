"""NetCDF contracts: atomic, validated, the same bytes from the same data, and clear words for a bad file."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from synapseek_core.errors import DatasetError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import RULES
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.rule_sets.rule_set import rules

SPACE = RuleSpace(SPIKING_FAMILIES["pair"], ("IE",))


def table(count=3):
    theta = np.random.default_rng(0).random((count, 6))
    return rules(SPACE, theta, [f"rule_{k}" for k in range(count)])


def test_round_trip_keeps_values_units_and_meaning(tmp_path):
    datasets.write(table(), RULES, tmp_path / "rules.nc", {"study": "test"})
    back = datasets.read(tmp_path / "rules.nc", RULES)
    np.testing.assert_array_equal(back["theta"], table()["theta"])
    assert list(back["parameter_units"].values) == ["s", "s", "1", "1", "1", "1"]
    assert back.attrs["Conventions"].startswith("CF-")
    assert all("units" in v.attrs and "long_name" in v.attrs for v in back.variables.values())


def test_same_data_give_the_same_bytes(tmp_path):
    for name in ("a.nc", "b.nc"):
        datasets.write(table(), RULES, tmp_path / name, {})
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "rules.nc"
    datasets.write(table(), RULES, path, {})
    before = path.read_bytes()
    with pytest.raises(DatasetError, match="no variable 'theta'"):
        datasets.write(table().drop_vars("theta"), RULES, path, {})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["rules.nc"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda d: d.attrs.update(kind="fitness"), "a rules file is needed, this one is of kind 'fitness'"),
        (lambda d: d.attrs.update(schema_version=0), "written with schema version 0"),
        (lambda d: d["theta"].attrs.update(units="mV"), "is in 'mV'; expected '1'"),
        (lambda d: d["theta"].attrs.pop("units"), "expected '1'"),
    ],
)
def test_foreign_file_is_refused_with_its_name(tmp_path, damage, words):
    datasets.write(table(), RULES, tmp_path / "rules.nc", {})
    dataset = xr.load_dataset(tmp_path / "rules.nc")
    damage(dataset)
    dataset.to_netcdf(tmp_path / "damaged.nc")
    with pytest.raises(DatasetError) as error:
        datasets.read(tmp_path / "damaged.nc", RULES)
    assert words in str(error.value)
    assert "damaged.nc" in str(error.value)


@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_truncated_file_is_refused(tmp_path, keep):
    path = tmp_path / "rules.nc"
    datasets.write(table(200), RULES, path, {})
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(len(content) * keep)])
    with pytest.raises(DatasetError, match=r"rules.nc: not a readable NetCDF file .* truncated"):
        datasets.read(path, RULES)


def test_joined_rules_keep_their_whole_names():
    other = rules(SPACE, np.zeros((1, 6)), ["a_much_longer_name"])
    joined = datasets.join_rules([table(2), other])
    assert list(joined["rule"].values) == ["rule_0", "rule_1", "a_much_longer_name"]
    np.testing.assert_array_equal(joined["theta"][2], 0)


def test_missing_file(tmp_path):
    with pytest.raises(DatasetError, match="there is no such file"):
        datasets.read(tmp_path / "none.nc", RULES)


def test_no_room_on_the_disk_is_one_error_and_nothing_is_kept(tmp_path):
    """A limit on file size makes the write fail as a full disk does."""
    code = f"""
import signal, resource, sys
sys.path.insert(0, {str(__file__).rpartition("/")[0]!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from test_datasets import table
from synapseek_core.errors import DatasetError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import RULES
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    datasets.write(table(5000), RULES, {str(tmp_path / "rules.nc")!r}, {{}})
except DatasetError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "rules.nc: could not be written" in result.stdout
    assert list(tmp_path.iterdir()) == []

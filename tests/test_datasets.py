"""NetCDF contracts: atomic, validated, the same bytes from the same data, and clear words for a bad file."""

import errno
import os
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


def test_attributes_are_set_and_not_taken_over(tmp_path):
    """Arithmetic and files hand attributes on that no one asked for."""
    theta = table()["theta"].assign_attrs(flag_values=[0, 1])
    dataset = table().assign(theta=theta, twice=(2 * theta).assign_attrs(units="1", long_name="twice theta"))
    datasets.write(dataset, RULES, tmp_path / "rules.nc", {})
    back = datasets.read(tmp_path / "rules.nc", RULES)
    assert all(set(variable.attrs) == {"units", "long_name"} for variable in back.variables.values())
    longer = back.assign_coords(rule=["a name that is longer than those before", "b", "c"])
    datasets.write(longer, RULES, tmp_path / "longer.nc", {})
    assert list(datasets.read(tmp_path / "longer.nc", RULES)["rule"].values) == list(longer["rule"].values)


def test_all_that_is_missing_is_said_at_once():
    with pytest.raises(DatasetError, match="no variable 'theta', 'keep_spikes', which a rules file must have"):
        datasets.validate(table().drop_vars(["theta", "keep_spikes"]), RULES, "rules.nc")


@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_truncated_file_is_refused(tmp_path, keep):
    path = tmp_path / "rules.nc"
    datasets.write(table(200), RULES, path, {})
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(len(content) * keep)])
    with pytest.raises(DatasetError, match=r"rules.nc: not a readable NetCDF file .* truncated"):
        datasets.read(path, RULES)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EACCES, "not allowed): make it readable"),
        (errno.EIO, "the disk or the network failed"),
        (errno.EMFILE, "too many open files): raise the limit"),
        (errno.ENOLCK, "no locks on its file system): set HDF5_USE_FILE_LOCKING=FALSE"),
        (errno.EISDIR, "Is a directory"),
    ],
)
def test_what_the_system_refuses_is_no_damage(tmp_path, monkeypatch, number, reason):
    path = tmp_path / "rules.nc"
    datasets.write(table(), RULES, path, {})

    def refuse(*arguments, **options):
        raise OSError(number, os.strerror(number), str(path))

    for place in ("seal_of", "xr.open_dataset"):
        with monkeypatch.context() as patch:
            patch.setattr(f"synapseek_core.files.datasets.{place}", refuse)
            with pytest.raises(DatasetError, match=r"rules.nc: could not be read \(") as error:
                datasets.read(path, RULES)
        assert reason in str(error.value)
        assert "delete" not in str(error.value)


def test_a_whole_file_that_the_library_cannot_read_is_not_to_be_deleted(tmp_path, monkeypatch):
    path = tmp_path / "rules.nc"
    datasets.write(table(), RULES, path, {})

    def refuse(*arguments, **options):
        raise OSError(-101, "NetCDF: HDF error")

    monkeypatch.setattr("synapseek_core.files.datasets.xr.open_dataset", refuse)
    with pytest.raises(DatasetError, match=r"rules.nc: whole, but the NetCDF library cannot read it .*HDF5_USE_FILE"):
        datasets.read(path, RULES)


def test_a_file_that_others_have_locked_is_read(tmp_path):
    """As on a file system without locks. In a process of its own: HDF5 asks for locks once, when it is loaded."""
    path = tmp_path / "rules.nc"
    datasets.write(table(), RULES, path, {})
    code = f"""
import fcntl
from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import RULES
with open({str(path)!r}, "r+b") as stream:
    fcntl.flock(stream, fcntl.LOCK_EX)
    print(datasets.read({str(path)!r}, RULES).sizes["rule"])
"""
    environment = {key: value for key, value in os.environ.items() if key != "HDF5_USE_FILE_LOCKING"}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert result.stdout == "3\n"


def test_a_file_of_the_user_s_is_never_to_be_deleted(tmp_path):
    path = tmp_path / "rules.nc"
    datasets.write(table(), RULES, path, {})
    content = path.read_bytes()
    for damaged in (content[:-1], content[:100], content.replace(b"theta", b"thata")):
        path.write_bytes(damaged)
        with pytest.raises(DatasetError) as error:
            datasets.read(path, RULES, datasets.GIVEN)
        assert "delete" not in str(error.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "result.nc: could not be written (no space left on the disk",
        ),
        (OSError(errno.EROFS, "Read-only file system", "kernels/x.py"), "kernels/x.py: could not be written (the disk"),
        (PermissionError(errno.EACCES, "Permission denied", "mine.csv"), "mine.csv: could not be read (not allowed)"),
    ],
)
def test_an_error_of_the_system_names_its_file(error, words):
    assert words in datasets.file_error(error, "result.nc")


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

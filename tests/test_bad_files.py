"""NetCDF files changed at random: refused by name and reason; what is read is what was written."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synapseek_core.errors import DatasetError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.dimensions import LABELLED
from synapseek_core.files.contracts.registry import CONTRACTS
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.runtime import Compute
from synapseek_core.search.methods import advance
from synapseek_core.seeds import Trials
from synapseek_core.studies import project

UNHURRIED = {"deadline": None, "suppress_health_check": list(HealthCheck)}
TINY = {
    "network": {"excitatory": 40, "inhibitory": 10, "connection_probability": 0.5},
    "protocol": {"training_time": 0.3, "scoring_time": 0.2},
    "prior": {"samples": 2},
    "search": {"cma_es": {"population_size": 4, "generations": 1, "trials": 1}},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Kind -> file, of each kind that a spiking study hands from stage to stage."""
    folder, study = tmp_path_factory.mktemp("files"), project.load_study("stability_IE", "preview", TINY)
    rules = RULE_SETS["prior"].sample(study.settings, {})
    rules["keep_spikes"][0] = 1
    activity = study.task.simulate(RuleTable.from_dataset(rules), Trials(1, ("evaluation",), 2), Compute("numba"))
    written = {
        "rules": rules,
        "spiking_activity": study.task.simulator.stored(activity, [0]),
        "fitness": study.task.evaluate(activity),
        "search": advance(study.task, "cma_es", 0, range(1), None, Compute("numba")),
    }
    for kind, dataset in written.items():
        datasets.write(dataset, CONTRACTS[kind], folder / f"{kind}.nc", {"study": "stability_IE"})
    return {kind: folder / f"{kind}.nc" for kind in written}


def flipped(content, draw):
    place = draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << draw(st.integers(0, 7))
    return content


def zeroed(content, draw):
    first = draw(st.integers(0, len(content) - 1))
    last = min(len(content), first + draw(st.sampled_from([1, 100, 4096])))
    content[first:last] = bytes(last - first)
    return content


def cut(content, draw):
    return content[: draw(st.integers(0, len(content) - 1))]


def lengthened(content, draw):
    return content + draw(st.binary(min_size=1, max_size=200))


def shifted(content, draw):
    place = draw(st.integers(0, len(content) - 1))
    return content[:place] + draw(st.binary(min_size=1, max_size=20)) + content[place:]


def replaced(content, draw):
    return draw(
        st.sampled_from([b"", b"study: stability_IE\n", b"\x89PNG\r\n\x1a\n" + bytes(64), b"CDF\x01" + bytes(28)])
    )


DAMAGES = (flipped, zeroed, cut, lengthened, shifted, replaced)


def read(path, kind):
    return datasets.read(path, CONTRACTS[kind])


def refused(path, kind):
    """The line that refuses a file, or None where it is accepted."""
    line = None
    try:
        read(path, kind)
    except DatasetError as error:
        line = str(error)
    assert line is None or (line.startswith(str(path)) and "\n" not in line)
    return line


@settings(max_examples=300, **UNHURRIED)
@given(data=st.data())
def test_damaged_bytes_are_refused_or_change_nothing(files, data):
    kind = data.draw(st.sampled_from(sorted(files)))
    damaged = files[kind].with_name("damaged.nc")
    damaged.write_bytes(data.draw(st.sampled_from(DAMAGES))(bytearray(files[kind].read_bytes()), data.draw))
    if refused(damaged, kind) is None:
        xr.testing.assert_identical(read(damaged, kind), read(files[kind], kind))


def without(dataset, name):
    return dataset.drop_vars(name)


def in_other_units(dataset, name):
    dataset[name].attrs["units"] = "furlong"
    return dataset


def without_meaning(dataset, name):
    del dataset[name].attrs["long_name"]
    return dataset


def of_other_type(dataset, name):
    array = dataset[name]
    other = np.full(array.shape, 0.0 if array.dtype.kind in "OUT" else "x")
    return dataset.assign({name: (array.dims, other, array.attrs)})


def of_other_shape(dataset, name):
    return dataset.assign({name: dataset[name].expand_dims("own_search")})


CHANGES = (without, in_other_units, without_meaning, of_other_type, of_other_shape)


@settings(max_examples=100, **UNHURRIED)
@given(data=st.data())
def test_changed_variable_is_refused_by_its_name(files, data):
    kind = data.draw(st.sampled_from(sorted(files)))
    name = data.draw(st.sampled_from(sorted(CONTRACTS[kind].variables)))
    changed = files[kind].with_name("changed.nc")
    data.draw(st.sampled_from(CHANGES))(read(files[kind], kind), name).to_netcdf(changed)
    line = refused(changed, kind)
    assert line is not None
    assert repr(name) in line


@settings(max_examples=50, **UNHURRIED)
@given(data=st.data())
def test_missing_or_repeated_labels_are_refused(files, data):
    kind = data.draw(st.sampled_from(sorted(files)))
    dataset = read(files[kind], kind)
    dim = data.draw(st.sampled_from(sorted(LABELLED & set(dataset.dims))))
    attributes = {"units": "1", "long_name": "changed"}
    size = dataset.sizes[dim]
    labels = [range(size)] + [["same"] * size] * (size > 1)
    changed = data.draw(
        st.sampled_from(
            [dataset.drop_vars(dim), *(dataset.assign_coords({dim: (dim, list(own), attributes)}) for own in labels)]
        )
    )
    changed.to_netcdf(files[kind].with_name("labels.nc"))
    assert f"dimension {dim!r}" in refused(files[kind].with_name("labels.nc"), kind)


def test_file_of_another_kind_is_refused(files):
    for kind, path in files.items():
        for other in files:
            assert (refused(path, other) is None) == (kind == other)


def test_content_changed_by_another_program_is_refused(files):
    """The file still says that it has a checksum."""
    opened, edited = xr.load_dataset(files["rules"]), files["rules"].with_name("edited.nc")
    opened["theta"][0, 0] += 1
    opened.to_netcdf(edited)
    assert "changed or damaged" in refused(edited, "rules")

"""Rules from tables of the user's and from other studies: what is read, and one clear line for each mistake."""

import numpy as np
import pytest
import xarray as xr

from synapseek_core.errors import ConfigurationError, DatasetError
from synapseek_core.interfaces.settings import RuleSetSettings
from synapseek_core.pipeline.results import fitness_of, rules_of
from synapseek_core.rule_sets.elsewhere import elsewhere
from synapseek_core.rule_sets.rule_set import rules
from synapseek_core.rule_sets.table import read_table
from synapseek_core.studies import project

STUDY = project.load_study("stability_IE", "preview")
SPACE = STUDY.settings.rule_space
GOOD = """\
name, IE.tau_pre [s], IE.tau_post, IE.alpha [1], IE.beta, IE.gamma, IE.kappa, input_rate
first, 0.02, 0.03, -1.4, 0.015, 0.72, 1.08, 2
second, 0.05, 0.02, -1.0, 0, 1, 1, 3.5
"""


def table(tmp_path, text, name="rules.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_csv_table(tmp_path):
    rules = read_table(table(tmp_path, GOOD), SPACE)
    assert list(rules["rule"].values) == ["first", "second"]
    np.testing.assert_allclose(rules["theta"][1], [0.05, 0.02, -1.0, 0.0, 1.0, 1.0])
    np.testing.assert_allclose(rules["input_rate"], [2, 3.5])
    assert rules["input_rate"].attrs["units"] == "Hz"


def test_columns_in_any_order_without_names(tmp_path):
    header = ", ".join(reversed(SPACE.names))
    rules = read_table(table(tmp_path, header + "\n6, 5, 4, 3, 0.2, 0.1\n"), SPACE)
    assert list(rules["rule"].values) == ["rule_1"]
    np.testing.assert_allclose(rules["theta"][0], [0.1, 0.2, 3, 4, 5, 6])


def test_netcdf_tables(tmp_path):
    csv = read_table(table(tmp_path, GOOD), SPACE)
    columns = {name: ("row", csv["theta"].values[:, k]) for k, name in enumerate(SPACE.names)}
    path = tmp_path / "columns.nc"
    xr.Dataset(columns | {"name": ("row", ["first", "second"])}).to_netcdf(path)
    np.testing.assert_array_equal(read_table(path, SPACE)["theta"], csv["theta"])
    whole = tmp_path / "rules.nc"
    csv.to_netcdf(whole)
    again = read_table(whole, SPACE)
    np.testing.assert_array_equal(again["theta"], csv["theta"])
    np.testing.assert_array_equal(again["input_rate"], csv["input_rate"])
    assert list(again["rule"].values) == ["first", "second"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("IE.kappa", "IE.kapa"), r"rules.csv: column 'IE.kapa' is no parameter; allowed: IE.tau_pre, "),
        ((", IE.kappa", ""), r"rules.csv: row 1 has 8 columns, the line of names has 7"),
        (("0.05, 0.02", "0.05, nan"), r"rules.csv: row 2, column 'IE.tau_post' = 'nan'; allowed: a finite number"),
        (("0.05, 0.02", "0.05, "), r"rules.csv: row 2, column 'IE.tau_post' = ''; allowed: a finite number"),
        (("0.05, 0.02", "0, 0.02"), r"rules.csv: row 2, column 'IE.tau_pre' = 0; allowed: "),
        (("tau_pre [s]", "tau_pre [ms]"), r"rules.csv: column 'IE.tau_pre \[ms\]' is in 'ms'; allowed: 's'"),
        (("second", "first"), r"rules.csv: row 2, column 'name': 'first' again; allowed: a name of its own"),
        ((", 3.5", ", -3.5"), r"rules.csv: row 2, column 'input_rate' = -3.5; allowed: 0 Hz and more"),
        (("IE.beta", "IE.alpha"), r"rules.csv: column 'IE.alpha' is there twice"),
    ],
)
def test_mistakes_are_one_clear_line(change, message, tmp_path):
    assert change[0] in GOOD
    with pytest.raises(DatasetError, match=message) as error:
        read_table(table(tmp_path, GOOD.replace(*change)), SPACE)
    assert "\n" not in str(error.value)
    assert "delete" not in str(error.value)


def test_a_missing_column(tmp_path):
    lines = [line.rsplit(",", 2) for line in GOOD.splitlines()]
    with pytest.raises(DatasetError, match=r"rules.csv: no column 'IE.kappa'; needed: IE.tau_pre, IE.tau_post"):
        read_table(table(tmp_path, "\n".join(line[0] for line in lines)), SPACE)


@pytest.mark.parametrize(
    ("name", "content"), [("rules.nc", b"no NetCDF"), ("rules.txt", b"a, b"), ("rules.csv", b"\xff\xfe")]
)
def test_files_that_are_no_tables_are_never_told_to_be_deleted(name, content, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DatasetError) as error:
        read_table(path, SPACE)
    assert "delete" not in str(error.value)
    assert name in str(error.value)


@pytest.mark.parametrize(
    ("rule_set", "message"),
    [
        ({"table": "missing.csv"}, r"studies.stability_IE.rule_sets.mine.table: missing.csv: there is no such file"),
        ({}, r"rule_sets.mine: rules come from one place; allowed: either rules or table"),
        ({"rules": "oja/learned"}, r"mine.rules = 'oja/learned': no study 'oja' in this configuration; "),
        ({"rules": "stability_EE/lerned"}, r"stability_EE has no such rules; did you mean 'learned'"),
        ({"rules": "stability_EE/learned"}, r"its rules have EE.tau_pre.*; this study's have IE.tau_pre"),
        ({"rules": "stability_EE/learned", "only": "plausible"}, r"has no constraints that tell which are plausible"),
    ],
)
def test_rule_sets_are_checked_before_anything_runs(rule_set, message):
    studies = {"stability_IE": {"rule_sets": {"mine": rule_set}}, "stability_EE": {}}
    with pytest.raises(ConfigurationError, match=message) as error:
        project.load({"studies": studies})
    assert "\n" not in str(error.value)


def test_no_rule_set_takes_the_name_of_another():
    with pytest.raises(ConfigurationError, match=r"rule_sets.learned: other rules have that name"):
        project.load_study("stability_IE", changes={"rule_sets": {"learned": {"table": "x.csv"}}})


def of_another_study(meets, **own):
    """Rules r0, r1, ... of another study, of which those with all `meets` (rule, constraint) are plausible."""
    count = len(meets)
    theta = SPACE.from_coordinates(np.tile(np.arange(count)[:, None] / 10, len(SPACE.names)))
    there = rules(SPACE, theta, [f"r{k}" for k in range(count)], first_trial=np.arange(count) + 7)
    fitness = xr.Dataset({"meets": (("rule", "trial", "constraint"), np.array(meets)[:, None])})
    own = RuleSetSettings(rules="other/round_3", **own)
    rule_set = elsewhere("found", own, "other", "round_3", count)
    data = {rules_of("round_3").of("other"): there, fitness_of("round_3").of("other"): fitness}
    return rule_set, rule_set.sample(STUDY.settings, {need: data[need] for need in rule_set.needs}), there


MEETS = [[True, False], [True, True], [False, False], [True, True]]


@pytest.mark.parametrize(
    ("own", "names"),
    [
        ({}, ["r0", "r1", "r2", "r3"]),
        ({"most": 3}, ["r0", "r1", "r2"]),
        ({"only": "plausible"}, ["r1", "r3"]),
        ({"only": "plausible", "most": 1}, ["r1"]),
    ],
)
def test_rules_of_another_study_are_the_same_rules_in_the_same_trials(own, names):
    rule_set, found, there = of_another_study(MEETS, **own)
    assert list(found["rule"].values) == names
    assert len(names) <= rule_set.count(STUDY.settings)
    same = there.sel(rule=names)
    np.testing.assert_array_equal(found["theta"], same["theta"])
    np.testing.assert_array_equal(found["first_trial"], same["first_trial"])


def test_no_plausible_rule_is_one_clear_line():
    with pytest.raises(
        ConfigurationError, match=r"rule_sets\.found: of the 2 rules of other/round_3 none is plausible"
    ):
        of_another_study([[True, False], [False, True]], only="plausible")

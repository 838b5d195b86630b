"""Where rules come from."""

import numpy as np
import pytest

from synapseek_core.errors import ConfigurationError
from synapseek_core.files.contracts.published import PUBLISHED_RUN
from synapseek_core.files.published_runs import published_run
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.studies import project

SETTINGS = project.load_study("stability_IE").settings


def test_prior_is_inside_its_box_and_grows_without_changing():
    few = RULE_SETS["prior"].sample(SETTINGS, {})
    more = SETTINGS.model_copy(update={"prior": SETTINGS.prior.model_copy(update={"samples": 500})})
    many = RULE_SETS["prior"].sample(more, {})
    np.testing.assert_array_equal(few["theta"], many["theta"][: few.sizes["rule"]])
    low, high = np.array(SETTINGS.rule_space.expand(SETTINGS.prior.bounds, "prior")).T
    theta = many["theta"].values
    assert (theta >= low).all()
    assert (theta <= high).all()
    np.testing.assert_allclose(theta.mean(axis=0), (low + high) / 2, atol=0.15 * (high - low).max())


def test_published_rules_are_the_published_numbers():
    sampled = RULE_SETS["published"].sample(SETTINGS, {})
    assert list(sampled["rule"].values) == [f"published_generation_{g}" for g in (0, 5, 400)]
    final = sampled["theta"].sel(rule="published_generation_400").values
    expected = [np.exp(-2.91234074), np.exp(-2.32766748), -1.41113062, 0.01545933, 0.71641236, 1.08089280]
    np.testing.assert_allclose(final, expected, rtol=1e-6)


@pytest.mark.parametrize("name", RULE_SETS)
def test_count_is_known_before_sampling(name):
    if not RULE_SETS[name].needs:
        assert RULE_SETS[name].sample(SETTINGS, {}).sizes["rule"] == RULE_SETS[name].count(SETTINGS)


def test_table_of_another_family_is_refused():
    other = SETTINGS.model_copy(update={"published_run": "2304160206_bg_CVAIF_IE_T4wvceciMLP"})
    with pytest.raises(ConfigurationError, match=r"coordinates are IE\.eta"):
        other.check("stability_IE")


def test_unknown_published_run_is_refused():
    with pytest.raises(ConfigurationError, match=r"no such run; shipped: 2212091405"):
        published_run("nothing")


def test_shipped_runs_keep_their_contract():
    run = published_run("2310070017_FamDet_Lbasic_TIF_EEIE_6pPol")
    assert run.sizes["coordinate"] == 12
    assert run.attrs["kind"] == PUBLISHED_RUN.kind


@pytest.mark.parametrize("study", ["stability_IE", "tuned_inhibition"])
def test_another_target_rate_draws_the_prior_no_second_time(study):
    """Rules on the mean-field manifold depend on it, for it is the manifold of that rate."""
    one, other = (
        project.load_study(study, "published", {"protocol": {"target_rate": r}}).settings for r in (8.0, 12.0)
    )
    moved = {name for name, own in RULE_SETS.items() if own.settings(one) != own.settings(other)}
    assert moved == ({"manifold"} if one.mean_field_manifold else set())

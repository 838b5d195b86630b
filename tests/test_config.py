"""Configuration: published defaults, the preview laid over them, the user's changes last, and errors in one line."""

import json
from pathlib import Path

import pytest
import yaml

from synapseek_core.errors import ConfigurationError
from synapseek_core.studies import documentation, project

ROOT = Path(__file__).parents[1]
CONFIGURATIONS = sorted((ROOT / "workflow" / "configurations").glob("*.yaml"))


def study(scale="preview", **changes):
    return project.load_study("stability_IE", scale, changes).settings


def test_published_scale_is_the_published_experiment():
    settings = study("published")
    network = settings.network
    assert (network.excitatory, network.inhibitory, network.connection_probability) == (8000, 2000, 0.02)
    assert (settings.protocol.training_time.low, settings.protocol.training_time.high) == (30, 45)
    assert settings.search["cma_es"].trials == 10


def test_published_table_is_at_published_scale_whatever_the_studies_say():
    config = {"scale": "preview", "studies": {"stability_IE": {"network": {"excitatory": 80}}}}
    table = project.load(config).setup().published.studies["stability_IE"]
    assert (table.scale, table.settings.network.excitatory) == ("published", 8000)
    config["published_table"] = {"changes": {"stability_IE": {"network": {"excitatory": 80}}}}
    assert project.load(config).setup().published.studies["stability_IE"].settings.network.excitatory == 80


def test_preview_keeps_the_in_degree():
    published, preview = study("published").network, study("preview").network
    for population in ("excitatory", "inhibitory"):
        degrees = [getattr(n, population) * n.connection_probability for n in (published, preview)]
        assert degrees[0] == pytest.approx(degrees[1])


def test_user_changes_come_last_and_a_number_fixes_a_law():
    settings = study(protocol={"training_time": 4}, search={"cma_es": {"restarts": 7}})
    assert settings.protocol.training_time.low == settings.protocol.training_time.high == 4
    assert settings.search["cma_es"].restarts == 7


def test_another_neuron_model_replaces_the_published_one():
    neuron = study(network={"neuron": {"model": "if", "tau_nmda": 0.05}}).network.neuron
    assert (neuron.model, neuron.tau_nmda, neuron.e_rest) == ("if", 0.05, -0.070)


def test_study_based_on_another():
    changes = {"base": "stability_IE", "seed": 9}
    assert project.load({"studies": {"mine": changes}}).studies["mine"].settings.seed == 9


def test_condition_on_the_task_of_another_study():
    """Settings of the other study with the user's changes; the condition's keys; the tested study's synapse types."""
    conditions = {"own": {}, "other": {"base": "another", "input": {"rate": 2}}}
    config = {
        "mine": {"base": "stability_IE", "plasticity": {"synapse_types": ["EI"]}, "generalisation": {}},
        "another": {"base": "stability_IE", "network": {"excitatory": 50}, "degeneracy": {"solved_loss": 3}},
    }
    config["mine"]["generalisation"]["conditions"] = conditions
    loaded = project.load({"studies": config}).studies["mine"].conditions
    own, other = loaded["own"].settings, loaded["other"].settings
    assert own.network.excitatory == 800
    assert (other.network.excitatory, other.input.rate.low, other.degeneracy.solved_loss) == (50, 2, 3)
    assert other.rule_space == own.rule_space
    # Without it in config.yaml, a known study is as it ships.
    changes = {"generalisation": {"conditions": {"other": {"base": "stability_IE"}}}}
    assert project.load_study("stability_IE", changes=changes).conditions["other"].settings.network.excitatory == 800


MISTAKES = [
    ({"studeis": {}}, "studeis", "did you mean 'studies'"),
    ({"scale": "huge"}, "scale = 'huge'", "'preview' or 'published'"),
    ({"studies": {"stability_EI_": {}}}, "studies.stability_EI_", "did you mean 'stability_EI'"),
    ({"studies": {"stability_IE": {"network": {"excitatry": 3}}}}, "network.excitatry", "did you mean 'excitatory'"),
    ({"studies": {"stability_IE": {"network": {"connection_probability": 3}}}}, "= 3", "less than 1"),
    ({"studies": {"stability_IE": {"protocol": {"scoring_time": -3}}}}, "scoring_time = -3", "greater than 0"),
    (
        {"studies": {"stability_IE": {"protocol": {"training_time": {"low": 5, "high": 3}}}}},
        "training_time",
        "lower bound 5 is above the upper bound 3",
    ),
    (
        {"studies": {"stability_IE": {"plasticity": {"synapse_types": ["IX"]}}}},
        "'IX'",
        "allowed: EE, EI, IE, II",
    ),
    ({"studies": {"stability_IE": {"plasticity": {"family": "pear"}}}}, "'pear'", "allowed: pair"),
    (
        {"studies": {"stability_IE": {"search": {"cma_es": {"start": {"alpha": 3.0}}}}}},
        "search.cma_es.start gives IE.alpha = 3",
        "allows -2 to 2",
    ),
    ({"studies": {"stability_IE": {"search": {"cma_es": {"restart": 3}}}}}, "search.cma_es.restart", "'restarts'"),
    (
        {"studies": {"stability_IE": {"search": {"other": {"method": "adam"}}}}},
        "search.other",
        "'cma_es', 'ipop_cma_es', 'bipop_cma_es', 'sep_cma_es', 'stein_variational_cma_es', 'gradient'",
    ),
    (
        {"studies": {"stability_IE": {"search": {"other": {"method": "gradient", "start": {"IE": 0.05}}}}}},
        "search.other.method = 'gradient'",
        "allowed: cma_es, ipop_cma_es, bipop_cma_es",
    ),
    (
        {"studies": {"stability_IE": {"generalisation": {"conditions": {"fast": {"input": {"rates": 9}}}}}}},
        "generalisation.conditions.fast.input.rates",
        "did you mean 'rate'",
    ),
    (
        {"studies": {"stability_IE": {"generalisation": {"conditions": {"fast": {"plasticity": {"family": "mlp"}}}}}}},
        "generalisation.conditions.fast.plasticity.family: a condition cannot change it",
        "allowed: base, plasticity.held, plasticity.frozen, network",
    ),
    (
        {"studies": {"stability_IE": {"generalisation": {"conditions": {"other": {"base": "stability_EI_"}}}}}},
        "generalisation.conditions.other.base = 'stability_EI_'",
        "did you mean 'stability_EI'",
    ),
    (
        {"studies": {"stability_IE": {"generalisation": {"conditions": {"other": {"base": "oja"}}}}}},
        "generalisation.conditions.other: the base cannot run the tested rules",
        "allowed: taylor",
    ),
    ({"studies": {"stability_IE": {"reference": {"vogels": {"alpha": 1}}}}}, "reference.vogels", "no value for"),
    ({"studies": {"stability_IE": {"prior": {"bounds": {"alfa": [0, 1]}}}}}, "'alfa'", "allowed: tau_pre"),
    ({"studies": {"stability_IE": {"recording": {"bin": 0.0123}}}}, "bin = 0.0123", "divides 0.1 s"),
    ({"studies": {"stability_IE": {"network": {"connection_probability": 1e-9}}}}, "plastic type IE", "at least 30"),
    ({"studies": {"stability_IE": {"published_run": "nothing"}}}, "published_run = 'nothing'", "shipped: 2212091405"),
    (
        {"studies": {"stability_IE": {"search": {"a/b": {"method": "cma_es", "start": {"IE": 0.05}}}}}},
        "search.a/b",
        "letters without accents",
    ),
    ({"studies": {"a{b}": {}}}, "studies.a{b}", "letters without accents"),
    ({"studies": {"comparison": {"base": "stability_IE"}}}, "studies.comparison", "another name"),
    ({"device": "gpu", "backend": "numba"}, "device = 'gpu'", "'jax' or 'auto'"),
    ({"studies": {"stability_IE": {"network": {"neuron": {"tau_men": 1}}}}}, "network.neuron.tau_men", "'tau_mem'"),
    ({"studies": {"stability_IE": {"network": {"neuron": {"model": "lif"}}}}}, "network.neuron", "'tif', 'if'"),
    ({"studies": {}}, "studies names no study", "stability_IE"),
    ({"published_table": {"trials": 1}}, "published_table.trials = 1", "greater than or equal to 2"),
    ({"published_table": {"trial": 5}}, "published_table.trial", "did you mean 'trials'"),
    ({"published_table": {"changes": {"stabilityIE": {}}}}, "published_table.changes", "did you mean 'stability_IE'"),
    (
        {"published_table": {"changes": {"stability_IE": {"network": {"excitatry": 3}}}}},
        "published_table.changes.stability_IE.network.excitatry",
        "did you mean 'excitatory'",
    ),
]


@pytest.mark.parametrize(("config", "key", "allowed"), MISTAKES)
def test_mistake_gives_one_line_with_key_and_what_is_allowed(config, key, allowed):
    with pytest.raises(ConfigurationError) as error:
        project.load(config)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith("config.yaml")
    assert key in message
    assert allowed in message


def test_shipped_configuration_is_valid_and_runs_every_task_at_preview_scale():
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    loaded = project.load(config)
    assert loaded.settings.scale == "preview"
    assert {"oja", "pca_network", "stability_IE", "familiarity_IE", "tuned_inhibition"} == set(loaded.studies)


def test_every_task_is_in_a_shipped_configuration():
    shipped = [project.load(yaml.safe_load(path.read_text())) for path in (ROOT / "config.yaml", *CONFIGURATIONS)]
    named = {study.task.name for one in shipped for study in one.studies.values()}
    assert named == {study.task.name for study in project.STUDIES.values()}


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.stem)
def test_further_shipped_configurations_are_valid(path):
    assert project.load(yaml.safe_load(path.read_text())).settings.scale == "preview"


def test_shipped_configuration_of_synapse_types_names_them_all():
    config = yaml.safe_load((ROOT / "workflow" / "configurations" / "synapse_types.yaml").read_text())
    loaded = project.load(config)
    """But those of an older protocol."""
    tasks = ("stability", "familiarity")
    recurrent = {
        n: s for n, s in project.STUDIES.items() if s.task.name in tasks and not s.published_experiment.superseded
    }
    assert set(loaded.studies) == {n for n, s in recurrent.items() if s.settings.plasticity.family == "pair"}


@pytest.mark.parametrize("name", ["config.schema.json", "parameters.md"])
def test_generated_documentation_has_not_drifted(name, tmp_path):
    documentation.write(tmp_path)
    assert (tmp_path / name).read_text() == (ROOT / "workflow" / "schemas" / name).read_text(), (
        "run: python -m synapseek_core.studies.documentation workflow/schemas"
    )


def test_schema_names_every_key_of_a_study():
    schema = json.loads(json.dumps(documentation.schema()))
    reference = schema["properties"]["studies"]["properties"]["stability_IE"]["anyOf"][0]["$ref"]
    assert set(type(study()).model_fields) < set(schema["$defs"][reference.rpartition("/")[2]]["properties"])

"""What a file says about where it came from."""

from synapseek_core.files import provenance


def test_attributes_have_no_time_and_no_path():
    inputs = ["results/a.nc", str(provenance.PACKAGE / "data" / "b.nc")]
    attributes = provenance.provenance("study", "stage", inputs, {"a": 1}, "preview", "abc", "someone")
    assert attributes["history"] == "stage of study, from results/a.nc, synapseek_core/data/b.nc"
    assert attributes["code_digest"] == "abc"
    assert "Preview" in attributes["comment"]
    assert "numba" in attributes["source"]
    assert not any(str(provenance.PACKAGE.parent) in str(value) for value in attributes.values())


def test_without_publications_there_is_no_attribute_of_them():
    """CF: an attribute is not empty."""
    assert "" not in provenance.provenance("study", "stage", [], {}, "published", "abc", "").values()

"""Array shapes and types that the code names are checked in every test."""

from jaxtyping import install_import_hook

CHECKED = ("network", "records", "simulation")
install_import_hook([f"synapseek_core.engine.{name}" for name in CHECKED], "beartype.beartype")

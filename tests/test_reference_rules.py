"""Rules in the published network of four plastic types, against runs of the original program (slow)."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))


@pytest.mark.slow
def test_figures_of_the_original_program():
    """Stopped rules stop; of the other figures, most lie in the 99 % prediction interval of ten seeds of ours."""
    from reference_rules import compare

    table = compare(10)
    inside = {label: row[-1] for label, row in zip(table.labels, table.rows, strict=True)}
    assert all(hit for label, hit in inside.items() if "stopped" in label)
    assert sum(inside.values()) > 0.95 * len(inside)

"""Status of a trial at its end."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Status of a trial at its end. All values but `ok` are results too: a rule that fails is data."""

    ok = 0
    silent = 1
    runaway = 2
    non_finite = 3

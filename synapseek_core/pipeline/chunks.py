"""How the generations of a search are cut into chunks, one job each."""

from __future__ import annotations

from synapseek_core.interfaces.settings import StudySettings


def chunks(settings: StudySettings, search: str) -> list[range]:
    """Return the generations of each chunk of a search, in order."""
    own = settings.search[search]
    return [range(start, min(start + own.chunk, own.generations)) for start in range(0, own.generations, own.chunk)]


def runs(settings: StudySettings) -> list[tuple[str, int]]:
    """Return every restart of every search, as (search, restart)."""
    return [(name, restart) for name, own in settings.search.items() for restart in range(own.restarts)]

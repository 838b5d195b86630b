# Costs of the jobs of every stage, for the target `plan`.
from types import SimpleNamespace


def planned():
    """(study, stage, jobs, total cost, most memory of a job) of every stage of every study."""
    rows = []
    for study in STUDIES:
        for stage, parts in costs_by_stage(study).items():
            memory = max(part.memory(cores(part.at_once)) for part in parts)
            rows.append((study, stage, len(parts), costs.total(parts), memory))
    return rows


def asked_for(study):
    """Results of a study that its figures, and those across studies, are drawn from."""
    own = [FIGURES[figure] for figure in STUDIES[study].figures]
    across = [
        figure
        for name, figure in COMPARISONS.items()
        if STUDIES[study] in compared(name)
    ]
    return {need for figure in (*own, *across) for need in figure.needs}


def costs_by_stage(study):
    """Costs of the jobs of every stage of a study, in order; those that do not simulate cost their start."""
    origins, light = origins_of(settings_of(study)), [costs.Cost()]
    parts = {
        "metalearn": [
            cost_of_chunk(SimpleNamespace(study=study, search=search, chunk=chunk))
            for search, _ in runs(study)
            for chunk in range(len(chunks(study, search)))
        ],
        "sample": light * len(origins),
        "simulate": [
            cost_of_batch(SimpleNamespace(study=study, origin=origin, batch=batch))
            for origin in origins
            for batch in range(len(batches(study, origin)))
        ],
        "evaluate": light * len(origins),
        "infer": [costs.Cost(core_seconds=costs.INFERENCE)]
        * len(inferred_rounds(settings_of(study))),
        "families": light,
        "challenge": (
            [cost_of_challenges(SimpleNamespace(study=study))]
            if "examples" in origins
            else []
        ),
        "generalise": [cost_of_generalisation(SimpleNamespace(study=study))],
        "degeneracy": light,
        "figures": light * len(STUDIES[study].figures),
    }
    # Not every study has a search, or a figure of these.
    results = {
        "families": "families",
        "challenge": "challenges",
        "generalise": "generalisation",
        "degeneracy": "degeneracy",
    }
    asked = asked_for(study)
    return {
        stage: part
        for stage, part in parts.items()
        if part and results.get(stage) in {None, *asked}
    }

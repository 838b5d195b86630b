"""The published table to read: a self-contained page, and the same rows as comma-separated values."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

import numpy as np
import xarray as xr
from jinja2 import Environment

from synapseek_core.published.table import LAST_GENERATIONS, searches_of

COLUMNS = (
    "task",
    "synapse_types",
    "neuron_model",
    "study",
    "published_median",
    "published_lowest",
    "published_highest",
    "published_reached",
    "loss",
    "interval_low",
    "interval_high",
    "stopped_trials",
    "holds",
    "note",
)
HOLDS = {1: "yes", 0: "no", -1: ""}

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Synapseek: the published table</title>
<style>
body { font: 15px/1.45 Arial, Helvetica, sans-serif; color: #222; }
body { max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption, figcaption { text-align: left; color: #555; font-size: 0.9em; padding: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.7rem 0.4rem 0; border-bottom: 1px solid #ddd; }
thead th { border-bottom: 2px solid #222; }
tbody th { font-weight: normal; }
small { color: #555; }
.yes { color: #00694b; font-weight: bold; }
.no { color: #a03f00; font-weight: bold; }
figure { margin: 2rem 0 0; }
img { max-width: 100%; }
</style>
</head>
<body>
<h1>The published table</h1>
<p>Each published search beside this project: the loss of its final rule, simulated here at published scale in
{{ trials }} trials, and the searches of this project that began at the same rule. The interval of our loss holds the
published median in {{ rows | selectattr("holds", "equalto", "yes") | list | length }} of
{{ rows | selectattr("study") | list | length }} runs that have a study.</p>
<table>
<caption>Published: median of the losses of the search distribution's mean in the last {{ last }} generations,
with their range. Ours: mean loss of the final rule, with its bootstrap 95&nbsp;% interval. Reached: generations until
the loss of the mean was first at or below the published median.</caption>
<thead>
<tr><th scope="col">Published run</th><th scope="col">Study</th><th scope="col">Published median (range)</th>
<th scope="col">Ours (95&nbsp;% interval)</th><th scope="col">Interval holds median</th>
<th scope="col">Stopped trials</th><th scope="col">Median reached</th></tr>
</thead>
<tbody>
{%- for row in rows %}
<tr>
<th scope="row">{{ row.task }} {{ row.synapse_types }}, {{ row.neuron_model }}<br><small>{{ row.run }}</small></th>
<td>{{ row.study }}{% if row.note %} <small>{{ row.note }}</small>{% endif %}</td>
<td>{{ row.published_median | number }}
({{ row.published_lowest | number }} to {{ row.published_highest | number }})</td>
{%- if row.study %}
<td>{{ row.loss | number }} ({{ row.interval_low | number }} to {{ row.interval_high | number }})</td>
<td class="{{ row.holds }}">{{ row.holds }}</td>
<td>{{ row.stopped_trials | int }}</td>
{%- else %}
<td></td><td></td><td></td>
{%- endif %}
<td>published search: after {{ row.published_reached | int }}
{%- for search in row.own_searches %}<br>{{ search }}{% endfor %}</td>
</tr>
{%- endfor %}
</tbody>
</table>
<figure>
<img src="data:image/png;base64,{{ figure }}" alt="Learning curves of the published runs and of this project">
<figcaption>{{ caption }}</figcaption>
</figure>
</body>
</html>
"""


def table_rows(table: xr.Dataset) -> list[dict[str, Any]]:
    """Return the rows of a published table as plain values; missing numbers are NaN, own searches a list of words."""
    rows = []
    for name in table["run"].values:
        one = table.sel(run=name)
        row = {"run": str(name)} | {column: one[column].item() for column in COLUMNS}
        row["holds"] = HOLDS[row["holds"]]
        row["own_searches"] = [_search_words(search) for search in searches_of(table, str(name))]
        rows.append(row)
    return rows


def _search_words(search: xr.Dataset) -> str:
    reached, count = float(search["search_reached"]), int(search["generations_of_search"])
    outcome = f"not in {count} generations" if np.isnan(reached) else f"after {reached:.0f} of {count}"
    return f"{search['own_search'].item()}, {search['scale_of_search'].item()} scale: {outcome}"


def _number(value: float) -> str:
    return f"{value:.3g}"


def csv_text(table: xr.Dataset) -> str:
    """Return the rows as comma-separated values, a header first; missing values are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ("run", *COLUMNS, "own_searches"), lineterminator="\n")
    writer.writeheader()
    for row in table_rows(table):
        row["own_searches"] = "; ".join(row["own_searches"])
        missing = {key: "" for key, value in row.items() if isinstance(value, float) and np.isnan(value)}
        numbers = {key: f"{value:.6g}" for key, value in row.items() if isinstance(value, float)}
        writer.writerow(row | numbers | missing)
    return text.getvalue()


def page(table: xr.Dataset, figure: bytes, caption: str) -> str:
    """Return the table and its figure as one HTML page that needs no other file.

    Args:
        table: contract `published_table`.
        figure: the learning curves, PNG.
        caption: of the figure.
    """
    environment = Environment(autoescape=True)
    environment.filters["number"] = _number
    return environment.from_string(PAGE).render(
        rows=table_rows(table),
        trials=table.sizes["trial"],
        last=LAST_GENERATIONS,
        figure=base64.b64encode(figure).decode(),
        caption=caption,
    )

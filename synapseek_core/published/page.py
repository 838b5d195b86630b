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
    "protocol",
    "fitted",
    "superseded",
    "published_start",
    "start_loss",
    "start_low",
    "start_high",
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

ROWS = """\
{%- macro interval(value, low, high) %}{{ value | number }} ({{ low | number }} to {{ high | number }}){% endmacro %}
{%- macro table_of(rows) %}
<thead>
<tr><th scope="col">Published run</th><th scope="col">Study</th>
<th scope="col">Generation 0, published</th><th scope="col">Ours (95&nbsp;% interval)</th>
<th scope="col">Final rule, published median (range)</th><th scope="col">Ours (95&nbsp;% interval)</th>
<th scope="col">Interval holds median</th><th scope="col">Stopped trials</th><th scope="col">Median reached</th></tr>
</thead>
<tbody>
{%- for row in rows %}
<tr>
<th scope="row">{{ row.task }} {{ row.synapse_types }}, {{ row.neuron_model }}<br><small>{{ row.run }}</small></th>
<td>{{ row.study }}
{%- if row.protocol %}<br><small>{{ row.protocol }}</small>{% endif %}
{%- if row.fitted %}<br><small>Fitted: {{ row.fitted }}</small>{% endif %}
{%- if row.note %}<br><small>{{ row.note }}</small>{% endif %}</td>
<td>{{ row.published_start | number }}</td>
<td>{% if row.study %}{{ interval(row.start_loss, row.start_low, row.start_high) }}{% endif %}</td>
<td>{{ interval(row.published_median, row.published_lowest, row.published_highest) }}</td>
{%- if row.study %}
<td>{{ interval(row.loss, row.interval_low, row.interval_high) }}</td>
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
{%- endmacro %}
"""
"""The rows of a table, with its head."""

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Synapseek: the published table</title>
<style>
body { font: 15px/1.45 Arial, Helvetica, sans-serif; color: #222; }
body { max-width: 90rem; margin: 2rem auto; padding: 0 1rem; }
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
<p>Each published search beside this project: the losses of its first and of its final rule, simulated here at published
scale in {{ trials }} trials, and the searches of this project that began at the same rule. The interval of our loss
holds the published median in {{ rows | selectattr("holds", "equalto", "yes") | list | length }} of
{{ rows | selectattr("study") | list | length }} runs that have a study.</p>
<table>
<caption>Generation 0: published loss of the rule at which the search began, and ours, mean over trials with its
bootstrap 95&nbsp;% interval. Final rule: median of the published losses of the search distribution's mean in the last
{{ last }} generations, with their range, and ours likewise. Reached: generations until the loss of the mean was first
at or below the published median. Settings that are not named as fitted are read off the published programs and
settings files.</caption>
{{ table_of(rows | rejectattr("superseded") | list) }}
</table>
{%- if rows | selectattr("superseded") | list %}
<h2>Runs of an older protocol</h2>
<table>
{{ table_of(rows | selectattr("superseded") | list) }}
</table>
{%- endif %}
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
    return environment.from_string(ROWS + PAGE).render(
        rows=table_rows(table),
        trials=table.sizes["trial"],
        last=LAST_GENERATIONS,
        figure=base64.b64encode(figure).decode(),
        caption=caption,
    )

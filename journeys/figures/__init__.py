"""Pictures of what was found: pure functions from results to Plotly figures.

Plotly is imported when a figure is made. Titles and names are untrusted: all text that goes into
a figure passes :func:`journeys.figures.labels.label`.
"""

from journeys.figures.activity import Stretch, monthly_counts, stretches
from journeys.figures.changes import flow_figure
from journeys.figures.counts import counts_figure
from journeys.figures.map import MOST_POINTS, map_figure, sampled
from journeys.figures.palette import UNASSIGNED, mark
from journeys.figures.ratings import specificity_figure
from journeys.figures.shared import SharedAreas, shared_areas, shared_map
from journeys.figures.survey import survey_figure
from journeys.figures.timeline import timeline_figure
from journeys.figures.tokens import tokens_figure

__all__ = [
    "MOST_POINTS",
    "UNASSIGNED",
    "SharedAreas",
    "Stretch",
    "counts_figure",
    "flow_figure",
    "map_figure",
    "mark",
    "monthly_counts",
    "sampled",
    "shared_areas",
    "shared_map",
    "specificity_figure",
    "stretches",
    "survey_figure",
    "timeline_figure",
    "tokens_figure",
]

"""How well scores rank, as curves: ROC on the left, precision against recall on the right."""

from collections.abc import Mapping

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from aecore.analysis.anomalies.ranking import Curves
from aecore.plots.palette import Palette
from aecore.plots.style import line, styled

MOST_POINTS = 400  # of one curve


def ranking_curves(curves: Mapping[str, Curves], chance: float, palette: Palette) -> go.Figure:
    """A curve for each name in both panels; dotted is chance, which for precision is the share of anomalies."""
    figure = make_subplots(1, 2, subplot_titles=("ROC", "Precision against recall"), horizontal_spacing=0.12)
    colours = (palette.accent, palette.of_class(1), *palette.classes[2:])
    for colour, (name, found) in zip(colours, curves.items(), strict=False):
        some = _spread(len(found.recall))
        from_nothing = np.concatenate([[0.0], found.false_alarms[some]]), np.concatenate([[0.0], found.recall[some]])
        figure.add_trace(line(*from_nothing, name, colour), row=1, col=1)
        precision = line(found.recall[some], found.precision[some], name, colour)
        figure.add_trace(precision.update(showlegend=False), row=1, col=2)
    for column, heights in ((1, (0.0, 1.0)), (2, (chance, chance))):
        by_chance = line((0.0, 1.0), heights, "chance", palette.muted, width=1, dash="dot")
        figure.add_trace(by_chance.update(showlegend=column == 1), row=1, col=column)
    figure.update_xaxes(title_text="false alarms, share of the normal images", range=(0, 1), row=1, col=1)
    figure.update_yaxes(title_text="recall, share of the anomalies", range=(0, 1.02), row=1, col=1)
    figure.update_xaxes(title_text="recall, share of the anomalies", range=(0, 1), row=1, col=2)
    figure.update_yaxes(title_text="precision", range=(0, 1.02), row=1, col=2)
    return styled(figure, palette)


def _spread(count: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Indices of at most `MOST_POINTS` points, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).astype(np.int64))

"""The spread of a variational encoder's posterior in every number of the code."""

import numpy as np
from plotly import graph_objects as go

from aecore.analysis.likelihood import Spread
from aecore.plots.palette import Palette
from aecore.plots.style import styled

MOST_BARS = 64


def spread_bars(spread: Spread, palette: Palette) -> go.Figure:
    """Mean standard deviation of each number, the most certain first; numbers that are not in use are grey."""
    order = np.argsort(spread.deviation, kind="stable")[:MOST_BARS]
    figure = go.Figure(
        go.Bar(
            x=[f"z{index + 1}" for index in order],
            y=spread.deviation[order],
            marker_color=[palette.accent if each else palette.muted for each in spread.active[order]],
            hovertemplate="%{x}: %{y:.3g}<extra></extra>",
        )
    )
    figure.add_hline(1.0, line={"color": palette.ink, "width": 1, "dash": "dot"})
    rest = len(spread.deviation) - len(order)
    more = f", {rest} wider ones left out" if rest else ""
    figure.update_xaxes(title_text=f"number of the code{more}", type="category", nticks=16, tickangle=0)
    figure.update_yaxes(title_text="standard deviation", rangemode="tozero")
    return styled(figure, palette, height=240).update_layout(hovermode="closest")

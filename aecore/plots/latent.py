"""Maps of codes, and what each dimension of the code does."""

import numpy as np
import numpy.typing as npt
from plotly import graph_objects as go

from aecore.analysis.latent import Dimensions
from aecore.plots.palette import Palette
from aecore.plots.style import styled

Floats = npt.NDArray[np.float32]

MOST_BARS = 64
FEW = 300  # points, which are drawn larger


def code_map(
    codes: Floats,
    labels: npt.NDArray[np.int64] | None,
    axes: tuple[str, str],
    palette: Palette,
    class_names: tuple[str, ...] = (),
) -> go.Figure:
    """Codes [n, 2] as points, coloured and shaped by class where there are labels."""
    figure = go.Figure()
    size = 4 if len(codes) > FEW else 7
    if labels is None:
        figure.add_trace(_points(codes, "images", palette.accent, "circle", size))
    else:
        for label in np.unique(labels):
            name = class_names[label] if label < len(class_names) else str(label)
            shown = codes[labels == label]
            figure.add_trace(_points(shown, name, palette.of_class(int(label)), palette.marker(int(label)), size))
    figure.update_xaxes(title_text=axes[0])
    figure.update_yaxes(title_text=axes[1], scaleanchor="x")
    return styled(figure, palette, height=420).update_layout(hovermode="closest", legend_itemsizing="constant")


def _points(codes: Floats, name: str, colour: str, symbol: str, size: int) -> go.Scatter:
    # Not Plotly's WebGL points: they compile code from text, which a strict content security policy forbids.
    return go.Scatter(
        x=codes[:, 0],
        y=codes[:, 1],
        name=name,
        mode="markers",
        marker={"color": colour, "size": size, "symbol": symbol, "opacity": 0.75},
        hovertemplate="%{x:.3g}, %{y:.3g}",
    )


def dimension_bars(dimensions: Dimensions, palette: Palette) -> go.Figure:
    """Standard deviation of the code in each dimension, the most active first; idle ones are grey."""
    order = dimensions.order[:MOST_BARS]
    idle = np.zeros(len(order), bool) if dimensions.active is None else ~dimensions.active[order]
    figure = go.Figure(
        go.Bar(
            x=[f"z{index + 1}" for index in order],
            y=dimensions.spread[order],
            marker_color=[palette.muted if each else palette.accent for each in idle],
            hovertemplate="%{x}: %{y:.3g}<extra></extra>",
        )
    )
    rest = len(dimensions.order) - len(order)
    more = f", {rest} less active ones left out" if rest else ""
    figure.update_xaxes(title_text=f"number of the code{more}", type="category", nticks=16, tickangle=0)
    figure.update_yaxes(title_text="standard deviation over the images", rangemode="tozero")
    return styled(figure, palette, height=260).update_layout(hovermode="closest")

"""Tied against untied as bars: parameters, seconds of an epoch, and the way from the training to the test error."""

from plotly import graph_objects as go
from plotly.subplots import make_subplots

from aecore.analysis.demonstrations.tied_pairs import PairSide, TiedPair
from aecore.plots.palette import Palette
from aecore.plots.style import styled


def tied_pairs(pair: TiedPair, palette: Palette) -> go.Figure:
    """Three panels below each other, in each a row for every run."""
    titles = ("Parameters", "Time of an epoch, s, median", f"{pair.unit.capitalize()}: training ○ to test ●")
    figure = make_subplots(rows=3, cols=1, subplot_titles=titles, vertical_spacing=0.14)
    names = [side.title for side in pair.sides]
    colours = [palette.accent, palette.muted]
    _bars(figure, 1, names, [float(side.parameters) for side in pair.sides], ",.0f", colours)
    _bars(figure, 2, names, [side.seconds_per_epoch for side in pair.sides], ".2f", colours)
    for side, colour in zip(pair.sides, colours, strict=False):
        figure.add_trace(_gap(side, colour, palette), row=3, col=1)
    ends = [error for side in pair.sides for error in (side.train_error, side.test_error)]
    room = max(max(ends) - min(ends), 1e-9)
    figure.update_xaxes(range=[min(ends) - 0.15 * room, max(ends) + 0.45 * room], row=3, col=1)
    styled(figure, palette, height=360)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    for row in (1, 2):  # their numbers stand at the bars
        figure.update_xaxes(showticklabels=False, ticks="", row=row, col=1)
    return figure.update_layout(hovermode="closest", showlegend=False, margin={"t": 32})


def _bars(figure: go.Figure, row: int, names: list[str], values: list[float], digits: str, colours: list[str]) -> None:
    bars = go.Bar(
        x=values,
        y=names,
        orientation="h",
        text=[format(value, digits) for value in values],
        textposition="outside",
        cliponaxis=False,
        marker_color=colours,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure.add_trace(bars, row=row, col=1)
    figure.update_xaxes(range=[0, max(values) * 1.25], row=row, col=1)


def _gap(side: PairSide, colour: str, palette: Palette) -> go.Scatter:
    return go.Scatter(
        x=[side.train_error, side.test_error],
        y=[side.title, side.title],
        mode="lines+markers+text",
        text=["", f"  gap {side.gap:.3g}"],
        textposition="middle right",
        cliponaxis=False,
        line={"color": colour, "width": 2},
        marker={"size": 11, "color": [palette.background, colour], "line": {"color": colour, "width": 2}},
        hovertemplate="%{y}: %{x:.4g}<extra></extra>",
    )

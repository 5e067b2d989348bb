"""What all figures share: quiet axes with units, the palette's colours, nothing that is not data."""

from plotly import graph_objects as go

from aecore.plots.palette import Palette

NAMED = 8  # epochs
FONT = '"Source Sans", "Source Sans 3", system-ui, sans-serif'


def styled(figure: go.Figure, palette: Palette, height: int = 340) -> go.Figure:
    """The figure in the lab's dress: transparent ground, hairline grid, legend above on the left."""
    panels = bool(figure.layout.annotations)  # their titles stand where the legend would
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 64 if panels else 36, "b": 8},
        font={"family": FONT, "color": palette.ink, "size": 13},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "x": 0, "y": 1 + (44 if panels else 6) / height, "yanchor": "bottom"},
        hoverlabel={"bgcolor": palette.background, "bordercolor": palette.grid, "font": {"color": palette.ink}},
        hovermode="x unified",
        uirevision="keep",  # a figure that is renewed keeps the zoom a person chose
        colorway=list(palette.classes),
    )
    axis = {
        "gridcolor": palette.grid,
        "linecolor": palette.grid,
        "zeroline": False,
        "tickfont": {"color": palette.muted},
        "title": {"font": {"color": palette.muted, "size": 12}, "standoff": 8},
        "automargin": True,
    }
    figure.update_xaxes(**axis, showgrid=False, showline=True, ticks="outside", tickcolor=palette.grid)
    figure.update_yaxes(**axis)
    for note in figure.layout.annotations:  # titles of panels
        note.update(font={"color": palette.ink, "size": 13})
    return figure


def along_epochs(figure: go.Figure) -> None:
    """Epochs go from left to right: few of them are all named, so that no half of one is."""
    last = max((each for trace in figure.data for each in trace.x), default=0)
    figure.update_xaxes(title_text="epochs", dtick=1 if last <= NAMED else None)


def line(
    x: object, y: object, name: str, colour: str, *, width: float = 2, dash: str = "solid", markers: bool = False
) -> go.Scatter:
    """One curve; the numbers under the pointer have four digits."""
    return go.Scatter(
        x=x,
        y=y,
        name=name,
        mode="lines+markers" if markers else "lines",
        line={"color": colour, "width": width, "dash": dash},
        marker={"size": 6, "color": colour},
        hovertemplate="%{y:.4g}",
    )

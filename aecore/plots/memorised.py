"""Two errors drifting apart: training images and all others, by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

from plotly import graph_objects as go

from aecore.plots.palette import Palette
from aecore.plots.style import along_epochs, line, styled
from aecore.plots.training import title


def two_errors(metrics: Sequence[Mapping[str, Any]], error: str, palette: Palette) -> go.Figure:
    """The recorded errors of training and validation images, logarithmic."""
    figure = go.Figure()
    epochs = [row["epoch"] for row in metrics]
    for part, name, colour in (
        ("validation", "validation images", palette.accent),
        ("train", "training images", palette.muted),
    ):
        values = [row[part].get(error) for row in metrics]
        figure.add_trace(line(epochs, values, name, colour, markers=len(epochs) < 2))
    along_epochs(figure)
    figure.update_yaxes(title_text=title(error), type="log")
    return styled(figure, palette, height=300)

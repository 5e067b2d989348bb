"""The game of a generator and its discriminator in three panels."""

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from aecore.analysis.demonstrations.adversaries import COLLAPSED, Game
from aecore.plots.palette import Palette
from aecore.plots.style import line, styled


def game(shown: Game, palette: Palette) -> go.Figure:
    """Losses, beliefs and diversity against epochs; dotted where a discriminator that cannot tell would be."""
    other, few = palette.of_class(1), len(shown.epochs) < 40
    titles = ("Losses, nats", "Called real, mean probability", "Diversity, times that of real images")
    figure = make_subplots(cols=3, subplot_titles=titles, horizontal_spacing=0.09)
    for column, name, label, colour in (
        (1, "discriminator_loss", "discriminator; real images", palette.accent),
        (1, "generator_loss", "generator; generated images", other),
        (2, "belief_in_real", "real images", palette.accent),
        (2, "belief_in_generated", "generated images", other),
        (3, "diversity", "generated images", other),
    ):
        trace = line(shown.epochs, shown.numbers[name], label, colour, markers=few)
        trace.update(showlegend=column == 1)
        figure.add_trace(trace, row=1, col=column)
    styled(figure, palette, height=300)
    for column, heights in ((1, (2 * np.log(2), np.log(2))), (2, (0.5,)), (3, (COLLAPSED,))):
        for height in heights:
            figure.add_hline(height, line={"color": palette.muted, "dash": "dot", "width": 1}, row=1, col=column)
    figure.update_xaxes(title_text="epochs", tickformat="d", nticks=min(6, len(shown.epochs) + 1))
    figure.update_yaxes(rangemode="tozero")
    return figure.update_yaxes(range=[0, 1.05], row=1, col=2)

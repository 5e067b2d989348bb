"""The game of a generator and its discriminator, a figure for each kind of number."""

from math import log

from plotly import graph_objects as go

from aecore.analysis.demonstrations.adversaries import COLLAPSED, Game
from aecore.plots.palette import Palette
from aecore.plots.style import along_epochs, line, styled

# title: the curves by their name in a run, and the heights that are dotted
PANELS: dict[str, tuple[dict[str, str], tuple[float, ...]]] = {
    "Losses, nats": (
        {"discriminator_loss": "discriminator", "generator_loss": "generator"},
        (2 * log(2), log(2)),
    ),
    "Called real, mean probability": ({"belief_in_real": "real", "belief_in_generated": "generated"}, (0.5,)),
    "Diversity, times that of real images": ({"diversity": "generated"}, (COLLAPSED,)),
}


def game_panels(shown: Game, palette: Palette) -> dict[str, go.Figure]:
    """Losses, beliefs and diversity against epochs by their titles; whoever shows them arranges them."""
    return {title: _panel(shown, curves, dotted, palette) for title, (curves, dotted) in PANELS.items()}


def _panel(shown: Game, curves: dict[str, str], dotted: tuple[float, ...], palette: Palette) -> go.Figure:
    colours = (palette.accent, palette.of_class(1)) if len(curves) > 1 else (palette.of_class(1),)
    figure = go.Figure(
        [
            line(shown.epochs, shown.numbers[name], label, colour, markers=len(shown.epochs) < 40)
            for (name, label), colour in zip(curves.items(), colours, strict=True)
        ]
    )
    for height in dotted:
        figure.add_hline(height, line={"color": palette.muted, "dash": "dot", "width": 1})
    styled(figure, palette, height=240)
    along_epochs(figure)
    return figure.update_yaxes(rangemode="tozero").update_layout(showlegend=len(curves) > 1)

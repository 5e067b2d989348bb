"""Quality against size: a codec of the lab beside the usual ones."""

from plotly import graph_objects as go

from aecore.analysis.compression import Comparison, Curve
from aecore.plots.palette import Palette
from aecore.plots.style import line, styled

ROOM = 1.15  # beyond where lossless begins


def rate_distortion(found: Comparison, palette: Palette) -> go.Figure:
    """PSNR against bytes a file; where lossless begins and where the curves cross are marked."""
    figure = go.Figure()
    for curve, colour, dash in (
        (found.model, palette.accent, "solid"),
        (found.linear, palette.of_class(2), "dashdot"),
        (found.webp, palette.of_class(1), "dash"),
        (found.jpeg, palette.muted, "dot"),
    ):
        figure.add_trace(_drawn(curve, colour, dash))
    _mark(figure, found.lossless_bytes, "without loss", palette)
    if found.crossing_bytes is not None:
        _mark(figure, found.crossing_bytes, "crossing", palette)
    farthest = ROOM * max(found.lossless_bytes, found.model.bytes[-1])
    figure.update_xaxes(title_text="bytes a file, mean", range=[0, farthest])
    figure.update_yaxes(title_text=f"PSNR in dB, {found.images:,} test images")
    return styled(figure, palette, height=400)


def _drawn(curve: Curve, colour: str, dash: str) -> go.Scatter:
    trace = line(curve.bytes, curve.psnr_db, curve.name, colour, dash=dash, markers=True)
    return trace.update(
        text=[f"quality {each}" for each in curve.settings],
        hovertemplate="%{text}: %{x:.0f} bytes, %{y:.2f} dB",
    )


def _mark(figure: go.Figure, place: float, text: str, palette: Palette) -> None:
    style = {"color": palette.muted, "width": 1, "dash": "dot"}
    figure.add_vline(place, line=style, annotation_text=text)

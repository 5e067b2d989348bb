"""Numbers as curves and bars: quality against noise, error against code size, and how errors are spread."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from plotly import graph_objects as go

from aecore.analysis.demonstrations.code_size import CodeSizeCurve
from aecore.analysis.reconstruct import NoiseCurve
from aecore.plots.palette import Palette
from aecore.plots.style import line, styled


def noise_curve(curve: NoiseCurve, palette: Palette, name: str = "this model") -> go.Figure:
    """PSNR against the strength of the noise: model, best linear denoiser, noisy input."""
    figure = go.Figure()
    for title, values, colour, dash in (
        (name, curve.model, palette.accent, "solid"),
        (curve.linear_title.lower(), curve.best_linear, palette.of_class(1), "dash"),
        ("noisy image", curve.noisy, palette.muted, "dot"),
    ):
        finite = np.where(np.isfinite(values), values, np.nan)
        figure.add_trace(line(curve.levels, finite, title, colour, dash=dash, markers=True))
    if curve.own_level is not None:
        figure.add_vline(
            curve.own_level, line={"color": palette.muted, "width": 1, "dash": "dot"}, annotation_text="trained here"
        )
    figure.update_xaxes(title_text=f"{curve.corruption}: strength, {curve.unit}")
    figure.update_yaxes(title_text=f"PSNR in dB, {curve.images:,} test images")
    return styled(figure, palette)


def code_size_curve(curve: CodeSizeCurve, palette: Palette) -> go.Figure:
    """Squared error against code size, both logarithmic: principal components as a line, runs as points."""
    figure = go.Figure(line(curve.sizes, curve.pca, "PCA", palette.muted))
    families = dict.fromkeys(point.family for point in curve.points)
    for index, family in enumerate(families):
        points = [point for point in curve.points if point.family == family]
        figure.add_trace(
            go.Scatter(
                x=[point.size for point in points],
                y=[point.sse_per_image for point in points],
                name=family,
                text=[point.name for point in points],
                mode="lines+markers" if len({point.size for point in points}) > 1 else "markers",
                line={"color": palette.of_class(index), "width": 1},
                marker={"size": 10, "symbol": palette.marker(index), "color": palette.of_class(index)},
                hovertemplate="%{text}: %{y:.4g}",
            )
        )
    figure.update_xaxes(title_text="code size, numbers", type="log", tickvals=[2**power for power in range(15)])
    figure.update_yaxes(title_text=f"squared error per image, mean over {curve.images:,} test images", type="log")
    return styled(figure, palette, height=400)


def bars(values: Mapping[str, float], unit: str, palette: Palette, highlighted: str | None = None) -> go.Figure:
    """One bar per name, written out at its end; the highlighted one in the accent colour."""
    figure = go.Figure(
        go.Bar(
            x=list(values.values()),
            y=list(values),
            orientation="h",
            text=[f"{value:.4g}" for value in values.values()],
            textposition="outside",
            cliponaxis=False,
            marker_color=[palette.accent if name == highlighted else palette.muted for name in values],
            hovertemplate="%{y}: %{x:.4g}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text=unit, rangemode="tozero")
    figure.update_yaxes(autorange="reversed")
    return styled(figure, palette, height=90 + 34 * len(values)).update_layout(hovermode="closest")


def histogram(values: npt.NDArray[np.floating], unit: str, palette: Palette, marked: Sequence[float] = ()) -> go.Figure:
    """How many images have which number; `marked` ones get a line. Counted here: only the bars travel."""
    counts, edges = np.histogram(values, bins=min(60, max(5, int(np.sqrt(len(values))))))
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges),
            marker={"color": palette.muted, "line": {"width": 0}},
            hovertemplate="%{x:.4g}: %{y} images<extra></extra>",
        )
    )
    for value in marked:
        figure.add_vline(value, line={"color": palette.accent, "width": 2})
    figure.update_xaxes(title_text=unit)
    figure.update_yaxes(title_text="images")
    return styled(figure, palette, height=260).update_layout(hovermode="closest", bargap=0)

"""Activations of units as figures: how strong they are, how many there are, and what they are worth."""

import numpy as np
from plotly import graph_objects as go

from aecore.analysis.demonstrations.sparse_codes import SparseCodes
from aecore.analysis.sparsity import Sparsity
from aecore.plots.palette import Palette
from aecore.plots.style import line, styled


def activations(seen: Sparsity, palette: Palette) -> go.Figure:
    """The histogram of all activations, shares on a logarithmic axis, with the threshold."""
    figure = go.Figure(_bars(seen, palette.accent, "share of all activations"))
    marks = (seen.threshold, -seen.threshold) if seen.edges[0] < -seen.threshold else (seen.threshold,)
    for mark in marks:
        figure.add_vline(mark, line={"color": palette.muted, "width": 1, "dash": "dot"})
    figure.update_xaxes(title_text="activation (dotted: a unit is on beyond it)")
    figure.update_yaxes(title_text="share of all activations", type="log", tickformat=".0e")
    return styled(figure, palette, height=280).update_layout(hovermode="closest", bargap=0, showlegend=False)


def active_units(seen: Sparsity, palette: Palette) -> go.Figure:
    """How many images use how many units."""
    top = int(seen.active.max(initial=0))
    step = max(1, -(-(top + 1) // 60))  # units to a bar
    counts = np.bincount(seen.active // step)
    figure = go.Figure(
        go.Bar(
            x=np.arange(len(counts)) * step + (step - 1) / 2,
            y=counts,
            width=step,
            marker={"color": palette.accent, "line": {"width": 0}},
            hovertemplate="%{x:g} units: %{y:,} images<extra></extra>",
        )
    )
    figure.update_xaxes(title_text=f"units on, of {seen.units:,}")
    figure.update_yaxes(title_text="images")
    return styled(figure, palette, height=280).update_layout(hovermode="closest", bargap=0)


def unit_use(seen: Sparsity, palette: Palette) -> go.Figure:
    """For what share of the images each unit is on, the busiest first."""
    order = np.argsort(-seen.often, kind="stable")
    figure = go.Figure(
        go.Scatter(
            x=np.arange(1, len(order) + 1),
            y=seen.often[order],
            customdata=order,
            mode="lines",
            fill="tozeroy",
            line={"color": palette.accent, "width": 2, "shape": "hv"},
            hovertemplate="unit %{customdata}: %{y:.1%} of the images<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="units, the busiest first")
    figure.update_yaxes(title_text="share of images for which it is on", range=[0, 1.02], tickformat=".0%")
    return styled(figure, palette, height=280).update_layout(hovermode="closest")


def histograms(codes: SparseCodes, palette: Palette) -> go.Figure:
    """The histograms of several runs over each other; activations as shares of the largest of each run."""
    figure = go.Figure()
    for index, run in enumerate(codes.runs):
        seen = run.sparsity
        scale = max(float(np.abs(seen.edges).max()), 1e-12)
        shares = seen.counts / max(int(seen.counts.sum()), 1)
        trace = line((seen.edges[:-1] + seen.edges[1:]) / 2 / scale, np.where(shares > 0, shares, np.nan), run.name, "")
        trace.update(line={"color": palette.of_class(index), "width": 2, "shape": "hvh"})
        figure.add_trace(trace)
    figure.update_xaxes(title_text="activation, as a share of the largest of the run")
    figure.update_yaxes(title_text="share of all activations", type="log", tickformat=".0e")
    return styled(figure, palette, height=320)


def error_by_activity(codes: SparseCodes, palette: Palette) -> go.Figure:
    """Squared error against the number of units that an image may use, both logarithmic."""
    figure = go.Figure(line(codes.pca_sizes, codes.pca, "PCA", palette.muted, dash="dot"))
    for index, run in enumerate(codes.runs):
        colour = palette.of_class(index)
        figure.add_trace(line(run.kept, run.errors, run.name, colour, markers=True))
    figure.update_xaxes(
        title_text="units that an image may use, the others at rest", type="log", tickvals=[2**n for n in range(15)]
    )
    figure.update_yaxes(title_text=f"squared error per image, {codes.images:,} test images", type="log")
    return styled(figure, palette, height=380)


def _bars(seen: Sparsity, colour: str, unit: str) -> go.Bar:
    shares = seen.counts / max(int(seen.counts.sum()), 1)
    return go.Bar(
        x=(seen.edges[:-1] + seen.edges[1:]) / 2,
        y=np.where(shares > 0, shares, np.nan),
        width=np.diff(seen.edges),
        marker={"color": colour, "line": {"width": 0}},
        hovertemplate=f"%{{x:.3g}}: %{{y:.2%}}, {unit}<extra></extra>",
    )

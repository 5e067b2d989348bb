"""What codes keep of neighbourhoods against their size, method by method: a panel for each of the two numbers."""

import html

from plotly import graph_objects as go
from plotly.subplots import make_subplots

from aecore.analysis.dimensions import Comparison, Row
from aecore.plots.palette import Palette
from aecore.plots.style import styled

RUNS = "Finished runs"


def dimension_curves(comparison: Comparison, palette: Palette) -> go.Figure:
    """Accuracy, where there are classes, and trustworthiness; the pixels themselves as a line across."""
    names = [name for name in ("accuracy", "trustworthiness") if _has(comparison.rows, name)]
    titles = {"accuracy": "Accuracy, %", "trustworthiness": "Trustworthiness"}
    figure = make_subplots(cols=len(names), subplot_titles=[titles[name] for name in names], horizontal_spacing=0.08)
    for column, name in enumerate(names, start=1):
        for index, method in enumerate(comparison.methods):
            rows = [row for row in comparison.fitted if row.method == method and getattr(row, name) is not None]
            figure.add_trace(_curve(rows, name, palette, index, column == 1), row=1, col=column)
        if comparison.runs:
            figure.add_trace(_runs(comparison.runs, name, palette, column == 1), row=1, col=column)
        _add_pixels(figure, comparison, name, palette, column)
    sizes = comparison.sizes
    figure.update_xaxes(title_text="code size, numbers", type="log", tickvals=sizes, ticktext=list(map(str, sizes)))
    styled(figure, palette, height=420)
    # One legend for both panels, below them: above, their titles stand.
    return figure.update_layout(hovermode="closest", legend={"y": -0.2, "yanchor": "top"}, margin={"t": 32})


def _has(rows: tuple[Row, ...], name: str) -> bool:
    return any(getattr(row, name) is not None for row in rows)


def _shown(row: Row, name: str) -> float:
    value = float(getattr(row, name))
    return 100 * value if name == "accuracy" else value


def _curve(rows: list[Row], name: str, palette: Palette, index: int, first: bool) -> go.Scatter:
    rows = sorted(rows, key=lambda row: row.size)
    colour = palette.of_class(index)
    return go.Scatter(
        x=[row.size for row in rows],
        y=[_shown(row, name) for row in rows],
        name=rows[0].method if rows else "",
        legendgroup=rows[0].method if rows else "",
        showlegend=first and bool(rows),
        text=[f"{row.method}, {row.size} numbers" for row in rows],
        mode="lines+markers",
        line={"color": colour, "width": 1.5},
        marker={"size": 9, "color": colour, "symbol": palette.marker(index)},
        hovertemplate="%{text}: %{y:.4g}<extra></extra>",
    )


def _runs(rows: tuple[Row, ...], name: str, palette: Palette, first: bool) -> go.Scatter:
    """All runs as points of one kind: each has one size, and the pointer tells which it is."""
    rows = tuple(row for row in rows if getattr(row, name) is not None)
    return go.Scatter(
        x=[row.size for row in rows],
        y=[_shown(row, name) for row in rows],
        name=RUNS,
        legendgroup=RUNS,
        showlegend=first,
        text=[f"{html.escape(row.method)}, {row.size} numbers" for row in rows],
        mode="markers",
        marker={"size": 7, "color": palette.muted, "symbol": "x-thin", "line": {"width": 1.5, "color": palette.muted}},
        hovertemplate="%{text}: %{y:.4g}<extra></extra>",
    )


def _add_pixels(figure: go.Figure, comparison: Comparison, name: str, palette: Palette, column: int) -> None:
    """What the pixels keep; of trustworthiness that is 1 by its definition, and no line."""
    pixels = comparison.pixels
    if name == "accuracy" and pixels is not None and pixels.accuracy is not None:
        figure.add_hline(
            _shown(pixels, name),
            line={"color": palette.muted, "width": 1, "dash": "dot"},
            name=f"{pixels.size:,} pixels",
            showlegend=True,
            row=1,
            col=column,
        )

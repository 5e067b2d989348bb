"""The demonstrations of the variants as figures."""

import numpy as np
import numpy.typing as npt
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from aecore.analysis.demonstrations.draws import EightDraws
from aecore.analysis.demonstrations.losses import LossComparison
from aecore.analysis.demonstrations.transposed import TransposedConvolution
from aecore.plots.palette import Palette
from aecore.plots.style import line, styled


def loss_comparison(losses: LossComparison, palette: Palette) -> go.Figure:
    """Both losses of one pixel, and what reaches the network, against the prediction; one panel for each target."""
    columns = len(losses.targets)
    names = [f"target {target:g}" for target in losses.targets]
    figure = make_subplots(2, columns, subplot_titles=names, shared_xaxes=True, vertical_spacing=0.1)
    for column in range(columns):
        for row, title, values, colour in (
            (1, "squared error", losses.squared_error, palette.accent),
            (1, "cross-entropy, nats", losses.cross_entropy, palette.of_class(1)),
            (2, "squared error", losses.squared_slope, palette.accent),
            (2, "cross-entropy, nats", losses.cross_slope, palette.of_class(1)),
        ):
            trace = line(losses.predictions, values[column], title, colour)
            trace.update(showlegend=row == 1 and column == 0)
            figure.add_trace(trace, row=row, col=column + 1)
    styled(figure, palette, height=460)
    figure.update_xaxes(title_text="prediction", row=2)
    figure.update_yaxes(title_text="loss of one pixel", row=1, col=1)
    figure.update_yaxes(title_text="slope by the logit", row=2, col=1)
    return figure.update_yaxes(range=[0, 5], row=1).update_yaxes(range=[-1.05, 1.05], row=2)


def transposed_convolution(shown: TransposedConvolution, step: int, palette: Palette) -> go.Figure:
    """Input with the number in turn framed, its patch, and the sum so far after `step` (0 is the first number)."""
    now = shown.steps[step]
    titles = ("input", f"{now.value:g} times the kernel", f"sum after {step + 1} of {len(shown.steps)} steps")
    figure = make_subplots(cols=3, subplot_titles=titles, column_widths=_widths(shown), horizontal_spacing=0.06)
    largest = float(max(np.abs(shown.result).max(), np.abs(shown.image).max(), 1e-12))
    for column, values in enumerate((shown.image, now.patch, now.so_far), start=1):
        figure.add_trace(_numbers(values, largest, palette), row=1, col=column)
    styled(figure, palette, height=320)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed")
    for column, axis in enumerate(("x", "x2", "x3"), start=1):
        figure.update_yaxes(scaleanchor=axis, constrain="domain", row=1, col=column)
    figure.add_shape(_frame(now.column, now.row, (1, 1), palette), row=1, col=1)
    figure.add_shape(_frame(now.left, now.top, shown.kernel.shape, palette), row=1, col=3)
    return figure.update_layout(hovermode="closest")


def _widths(shown: TransposedConvolution) -> list[float]:
    """Cells of all three panels about equally large."""
    return [float(each.shape[1]) for each in (shown.image, shown.kernel, shown.result)]


def _numbers(values: npt.NDArray[np.float32], largest: float, palette: Palette) -> go.Heatmap:
    return go.Heatmap(
        z=values,
        zmin=0 if values.min() >= 0 else -largest,
        zmax=largest,
        colorscale=[[0, palette.background], [1, palette.accent]],
        showscale=False,
        xgap=1,
        ygap=1,
        text=[[f"{each:.2g}" for each in row] for row in values],
        texttemplate="%{text}",
        hoverinfo="skip",
    )


def _frame(left: int, top: int, shape: tuple[int, ...], palette: Palette) -> dict[str, object]:
    """Around `shape` cells (rows, columns) whose first is at (left, top)."""
    corners = {"x0": left - 0.5, "x1": left + shape[1] - 0.5, "y0": top - 0.5, "y1": top + shape[0] - 0.5}
    return {"type": "rect", **corners, "line": {"color": palette.ink, "width": 2}}


def eight_draws(draws: EightDraws, palette: Palette, others: npt.NDArray[np.float32] | None = None) -> go.Figure:
    """The posterior as ellipses of one and two standard deviations, the codes drawn from it, and other codes around.

    `others` [n, latent] are codes of other images, drawn faintly to show how small the cloud is.
    """
    first, second = draws.shown
    figure = go.Figure()
    if others is not None:
        figure.add_trace(_dots(others[:, first], others[:, second], "other images", palette.grid, 3))
    for deviations, dash in ((1, "solid"), (2, "dot")):
        around = draws.ellipse(deviations)
        name = f"{deviations} standard deviation{'s' if deviations > 1 else ''}"
        figure.add_trace(line(around[:, 0], around[:, 1], name, palette.accent, width=1.5, dash=dash))
    figure.add_trace(_dots(draws.codes[:, first], draws.codes[:, second], "codes drawn", palette.of_class(1), 9))
    figure.add_trace(_dots(draws.mean[[first]], draws.mean[[second]], "mean", palette.ink, 9))
    figure.update_xaxes(title_text=f"z{first + 1}")
    figure.update_yaxes(title_text=f"z{second + 1}", scaleanchor="x")
    return styled(figure, palette, height=380).update_layout(hovermode="closest")


def _dots(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], name: str, colour: str, size: int) -> go.Scatter:
    return go.Scatter(
        x=x, y=y, name=name, mode="markers", marker={"color": colour, "size": size}, hovertemplate="%{x:.3g}, %{y:.3g}"
    )

"""Error against the number of labels as a figure."""

from plotly import graph_objects as go

from aecore.analysis.demonstrations.few_labels import FewLabelsCurve
from aecore.plots.palette import MARKERS, Palette
from aecore.plots.style import styled

DASHES = {"logistic": "dot", "pca_svm": "dash", "scratch": "dash"}  # what needs no pretraining
COLOURS = {"scratch": 1, "frozen_svm": 2, "propagation": 8, "tuned": 0}


def few_labels_figure(curve: FewLabelsCurve, palette: Palette, images: int) -> go.Figure:
    """A line for each method, mean and spread, both axes logarithmic; baselines without an encoder are grey."""
    figure = go.Figure()
    for index, line in enumerate(curve.lines):
        place = COLOURS.get(line.method)
        colour = palette.muted if place is None else palette.accent if place == 0 else palette.of_class(place)
        figure.add_trace(
            go.Scatter(
                x=line.labels.tolist(),
                y=line.mean.tolist(),
                name=line.title,
                mode="lines+markers",
                line={"color": colour, "width": 3 if line.method == "tuned" else 2, "dash": DASHES.get(line.method)},
                marker={"size": 7, "color": colour, "symbol": MARKERS[index % len(MARKERS)]},
                error_y={"type": "data", "array": line.spread.tolist(), "thickness": 1, "width": 3, "color": colour},
                customdata=[f"± {each:.2f}" if draws > 1 else "" for each, draws in zip(line.spread, line.draws,
                                                                                       strict=True)],
                hovertemplate="%{y:.2f} % %{customdata}",
            )
        )  # fmt: skip
    figure.update_xaxes(
        title_text="labelled training images",
        type="log",
        tickvals=curve.labels,
        ticktext=[f"{each:,}" for each in curve.labels],
    )
    figure.update_yaxes(
        title_text=f"wrong class, % of {images:,} test images",
        type="log",
        tickvals=[0.5, 1, 2, 5, 10, 20, 50, 90],
        ticktext=["0.5", "1", "2", "5", "10", "20", "50", "90"],
    )
    return styled(figure, palette, height=460)

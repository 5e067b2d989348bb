"""How training went: a panel for the loss and one for each of its parts, training and validation images.

metrics   lines of metrics.jsonl: epoch, step, train and validation by name, learning_rate ...
steps     lines of steps.jsonl, a few for every epoch: step, losses by name
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from aecore.plots.palette import Palette
from aecore.plots.style import along_epochs, line, styled

Row = Mapping[str, Any]

TITLES = {
    "loss": "Loss, per image",
    "squared_error": "Squared error, sum over pixels, per image",
    "cross_entropy": "Cross-entropy, nats per image",
    "kl": "KL divergence, nats per image",
    "code_error": "Squared error of the layer's input, sum, per image",
    "l1": "Sum of activations, per image",
    "kl_rate": "KL from the target rate, nats per batch",
    "discriminator_loss": "Discriminator's loss, nats per pair",
    "generator_loss": "Generator's loss, nats per image",
    "velocity_error": "Squared error of the velocity, mean over numbers, per image",
    "noise_error": "Squared error of the noise, mean over numbers, per image",
    "squared_error_binarised": "Squared error of binarised pixels, sum, per image",
    "cross_entropy_binarised": "Cross-entropy of binarised pixels, nats per image",
    "class_cross_entropy": "Cross-entropy of the class, nats per image",
    "class_nats": "Cross-entropy of the class, nats per image",
    "error_percent": "Wrong class, % of the images",
    "belief_in_real": "Belief in real images, probability",
    "belief_in_generated": "Belief in generated, probability",
    "diversity": "Diversity, share of real images'",
}


def loss_curves(metrics: Sequence[Row], steps: Sequence[Row], palette: Palette, logarithmic: bool = False) -> go.Figure:
    """Loss and parts against epochs; against steps as long as no epoch is over."""
    names = _names(metrics, steps)
    figure = make_subplots(cols=len(names), subplot_titles=[title(name) for name in names], horizontal_spacing=0.09)
    place, unit = _positions(metrics, steps)
    for column, name in enumerate(names, start=1):
        for trace in _traces(name, metrics, steps, place, palette):
            trace.update(showlegend=column == 1, legendgroup=trace.name)
            figure.add_trace(trace, row=1, col=column)
    figure.update_xaxes(title_text=unit)
    figure.update_yaxes(type="log" if logarithmic else "linear")
    styled(figure, palette, height=300)
    for column in range(1, len(names) + 1):
        _mark_chapters(figure, metrics, palette, row=1, col=column)
    return figure


def loss_panels(metrics: Sequence[Row], steps: Sequence[Row], palette: Palette) -> dict[str, go.Figure]:
    """The panels of `loss_curves` by their titles, each a figure: whoever shows them arranges them as there is room."""
    place, unit = _positions(metrics, steps)
    panels = {}
    for name in _names(metrics, steps):
        figure = go.Figure(_traces(name, metrics, steps, place, palette))
        figure.update_xaxes(title_text=unit)
        panels[title(name)] = styled(figure, palette, height=240)
        _mark_chapters(figure, metrics, palette)
    return panels


def chapters(metrics: Sequence[Row]) -> list[tuple[float, str]]:
    """After how many epochs each part of training began, and its title; none where there is only one part.

    An epoch belongs to the part in which it ended.
    """
    begun: list[tuple[float, str]] = []
    epochs = 0.0
    for row in metrics:
        name = str(row.get("chapter", ""))
        if not begun or name != begun[-1][1]:
            begun.append((epochs, name))
        epochs = row["epoch"]
    return begun if len(begun) > 1 else []


def run_curves(
    runs: Mapping[str, Sequence[Row]], palette: Palette, name: str = "loss", logarithmic: bool = False
) -> go.Figure:
    """One number of several runs on their validation images, by epoch; `runs` are metrics by the run's name."""
    figure = go.Figure()
    for index, (run, metrics) in enumerate(runs.items()):
        rows = [row for row in metrics if name in row.get("validation", {})]
        figure.add_trace(
            line(
                [row["epoch"] for row in rows],
                [row["validation"][name] for row in rows],
                run,
                palette.of_class(index),
                markers=len(rows) < 2,
            )
        )
    along_epochs(figure)
    figure.update_yaxes(title_text=f"{title(name)}, validation images", type="log" if logarithmic else "linear")
    return styled(figure, palette)


def title(name: str) -> str:
    """A number's name as a person reads it, with its unit and reduction."""
    return TITLES.get(name, name.replace("_", " ").capitalize())


def _mark_chapters(figure: go.Figure, metrics: Sequence[Row], palette: Palette, **panel: int) -> None:
    """A line where each part of training begins, with its title beside it."""
    for begin, name in chapters(metrics):
        figure.add_vline(
            begin,
            line={"color": palette.muted, "width": 1 if begin else 0, "dash": "dot"},
            annotation={"text": name, "textangle": -90, "font": {"size": 11, "color": palette.muted}},
            annotation_position="top right",
            **panel,
        )


def _names(metrics: Sequence[Row], steps: Sequence[Row]) -> list[str]:
    """The loss first, then its parts; a loss that is everywhere one of its parts is not shown twice.

    Steps may belong to a chapter of which no epoch is over yet: it has its panels from its first number on.
    """
    rows = _compositions(metrics, steps) or [{"loss": None}]
    parts = list(dict.fromkeys(name for row in rows for name in row if name != "loss"))
    return parts if len(parts) == 1 or not any(_is_sum(row) for row in rows) else ["loss", *parts]


def _compositions(metrics: Sequence[Row], steps: Sequence[Row]) -> list[Mapping[str, Any]]:
    """What the loss is made of, epoch by epoch and in the steps after the last."""
    last = metrics[-1]["step"] if metrics else 0
    return [*(row["validation"] for row in metrics), *(row["losses"] for row in steps if row["step"] > last)]


def _is_sum(row: Mapping[str, Any]) -> bool:
    """Whether the loss is more than one of its parts."""
    return not any(each == row.get("loss") for name, each in row.items() if name != "loss")


def _values(name: str, rows: Sequence[Mapping[str, Any]], sums: Collection[frozenset[str]]) -> list[float | None]:
    """A number row by row. The loss is left out where a part is the same: chapters differ in scale by far."""
    return [None if name == "loss" and frozenset(row) not in sums else row.get(name) for row in rows]


def _positions(metrics: Sequence[Row], steps: Sequence[Row]) -> tuple[npt.NDArray[np.float64], str]:
    """Where the steps stand on the axis, and the axis' unit."""
    at = np.array([row["step"] for row in steps], dtype=np.float64)
    if not metrics:
        return at, "training steps"
    ends = np.array([0.0, *(row["step"] for row in metrics)])
    epochs = np.array([0.0, *(row["epoch"] for row in metrics)])
    beyond = (at - ends[-1]) * (epochs[-1] - epochs[-2]) / max(ends[-1] - ends[-2], 1.0)
    return np.where(at > ends[-1], epochs[-1] + beyond, np.interp(at, ends, epochs)), "epochs"


def _traces(
    name: str, metrics: Sequence[Row], steps: Sequence[Row], place: npt.NDArray[np.float64], palette: Palette
) -> list[go.Scatter]:
    sums = {frozenset(row) for row in _compositions(metrics, steps) if _is_sum(row)}
    live = _values(name, [row["losses"] for row in steps], sums)
    traces = [line(place, live, "training", palette.muted, width=1, markers=_has_lonely(live))] if live else []
    if metrics:
        epochs = [row["epoch"] for row in metrics]
        checked = _values(name, [row["validation"] for row in metrics], sums)
        if not live:
            trained = [
                None if name == "loss" and each is None else row["train"].get(name)
                for row, each in zip(metrics, checked, strict=True)
            ]
            traces.append(line(epochs, trained, "training", palette.muted, width=1))
        few = len(metrics) < 40 or _has_lonely(checked)
        traces.append(line(epochs, checked, "validation", palette.accent, markers=few))
    return traces


def _has_lonely(values: Sequence[float | None]) -> bool:
    """Whether a value has no neighbour. A line needs two points to be seen: such a one is seen as a dot alone."""
    there = [False, *(each is not None for each in values), False]
    triples = zip(there, there[1:], there[2:], strict=False)
    return any(here and not before and not after for before, here, after in triples)

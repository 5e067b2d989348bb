"""A model drawn from its real layers: one bar per layer from left to right, as high as the logarithm of its size."""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod

import numpy as np
from plotly import graph_objects as go

from aecore.analysis.architecture import Architecture, Layer
from aecore.plots.palette import Palette
from aecore.plots.style import styled

NAMES = {
    "Linear": "dense",
    "Shared": "dense",
    "Transposed": "dense, transposed",
    "Conv2d": "convolution",
    "ConvTranspose2d": "transposed convolution",
    "MaxPool2d": "max pooling",
    "AvgPool2d": "average pooling",
    "SlowLinear": "dense",
    "ToImage": "convolution",
}
BAR = 0.56  # of the distance between two layers
MAKERS = ("decoder", "generator", "network")  # the parts whose last layer gives the image
BESIDE = ("Modulation", "ToImage")  # layers that say how, or draw what others have made: not on the way to the image
LABELLED = 12  # bars; of more of them only image and code are labelled, the rest under the pointer


@dataclass(frozen=True)
class _Bar:
    label: str
    shape: tuple[int, ...]
    kind: str
    parameters: int
    colour: str


def architecture_drawing(architecture: Architecture, palette: Palette) -> go.Figure:
    """Image, layers, code, layers, image: with shapes below and the number of parameters under the pointer."""
    bars = _bars(architecture, palette)
    heights = [_height(bar.shape) for bar in bars]
    figure = go.Figure(
        go.Bar(
            x=list(range(len(bars))),
            y=heights,
            base=[-height / 2 for height in heights],
            width=BAR,
            marker={"color": [bar.colour for bar in bars], "line": {"width": 1, "color": palette.muted}},
            hovertext=[_hover(bar) for bar in bars],
            hoverinfo="text",
        )
    )
    for index, (left, right) in enumerate(pairwise(heights)):
        figure.add_shape(_funnel(index, left, right, palette))
    figure.update_xaxes(
        tickvals=list(range(len(bars))),
        ticktext=_texts(bars),
        range=_range(len(bars)),
        tickangle=0,
    )
    figure.update_yaxes(visible=False)
    styled(figure, palette, height=250)
    figure.update_xaxes(showline=False, ticks="", tickfont={"size": 11})
    return figure.update_layout(hovermode="closest", showlegend=False, margin={"t": 8})


def _range(count: int) -> list[float]:
    """Room for at least seven bars, so that a small model is not drawn with huge ones."""
    middle, half = (count - 1) / 2, max(count, 7) / 2 + 0.1
    return [middle - half, middle + half]


def _bars(architecture: Architecture, palette: Palette) -> list[_Bar]:
    """From the image to the code and back; without an encoder from the code to the image, and on to what judges it."""
    shape, stages = architecture.image_shape, architecture.stages
    last = max(index for index, layer in enumerate(stages) if layer.part in MAKERS)  # it makes the image
    stages = tuple(layer for index, layer in enumerate(stages) if layer.kind not in BESIDE or index == last)
    made_of_nothing = stages[0].part == "bottleneck" and not prod(stages[0].shape_in)
    bars = [] if made_of_nothing else [_Bar("image", shape, "", 0, palette.muted)]
    for layer, following in zip(stages, [*stages[1:], None], strict=True):
        bar = _bar(layer, following, palette)
        if layer.part in MAKERS and (following is None or following.part not in MAKERS):
            # The output of the last layer may still have to be folded to the image.
            bars.append(_Bar("image", shape, bar.kind, bar.parameters, palette.muted))
        elif not _is_code(layer, following):
            bars.append(bar)
    if stages[-1].part == "discriminator":
        bars[-1] = replace(bars[-1], label="real?", colour=palette.accent)
    return bars


def _is_code(layer: Layer, following: Layer | None) -> bool:
    """Whether a layer's output is the code itself, which the bottleneck passes on as it is: one bar is enough."""
    return following is not None and following.part == "bottleneck" and layer.shape_out == following.shape_out


def _bar(layer: Layer, following: Layer | None, palette: Palette) -> _Bar:
    if layer.part == "bottleneck":
        return _Bar("code", layer.shape_out, layer.kind.lower(), layer.parameters, palette.accent)
    label = "μ, σ" if following is not None and following.kind == "Gaussian" else ""  # mean and spread of the code
    return _Bar(label, layer.shape_out, NAMES.get(layer.kind, layer.kind), layer.parameters, palette.grid)


def _height(shape: tuple[int, ...]) -> float:
    """1 for a single number and one more for each factor of ten."""
    return 1 + float(np.log10(np.prod(shape, dtype=np.float64)))


def _shape(shape: tuple[int, ...]) -> str:
    """Channels first where there are three: 64 · 7×7."""
    return f"{shape[0]} · {shape[1]}×{shape[2]}" if len(shape) == 3 else str(shape[0])


def _texts(bars: list[_Bar]) -> list[str]:
    """The text below each bar; of many bars only image and code have one, the second of two neighbours lower."""
    if len(bars) <= LABELLED:
        return [_ticks(bar) for bar in bars]
    named = [bar.label in ("image", "code") for bar in bars]
    lower = ["<br><br>" if before else "" for before in (False, *named[:-1])]
    return [down + _ticks(bar) if shown else "" for bar, shown, down in zip(bars, named, lower, strict=True)]


def _ticks(bar: _Bar) -> str:
    return "<br>".join(filter(None, [f"<b>{bar.label}</b>" if bar.label else "", _shape(bar.shape)]))


def _hover(bar: _Bar) -> str:
    parameters = f"{bar.parameters:,} parameters" if bar.parameters else ""
    return "<br>".join(filter(None, [bar.label, bar.kind, f"{_shape(bar.shape)} numbers", parameters]))


def _funnel(index: int, left: float, right: float, palette: Palette) -> dict[str, object]:
    """A quiet surface from one bar to the next."""
    a, b = index + BAR / 2, index + 1 - BAR / 2
    path = f"M {a},{-left / 2} L {a},{left / 2} L {b},{right / 2} L {b},{-right / 2} Z"
    return {"type": "path", "path": path, "fillcolor": palette.grid, "opacity": 0.35, "line": {"width": 0}}

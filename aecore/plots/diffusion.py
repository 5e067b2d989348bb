"""Diffusion drawn: how signal gives way to noise, and what steps cost."""

import numpy as np
import torch
from plotly import graph_objects as go

from aecore.analysis.demonstrations.noise_to_image import NoiseToImage
from aecore.analysis.demonstrations.pixel_against_latent import PixelAgainstLatent
from aecore.networks.noising import Noising
from aecore.plots.palette import Palette
from aecore.plots.style import line, styled

POINTS = 101


def noise_schedule(way: NoiseToImage, schedule: str, step: int, palette: Palette) -> go.Figure:
    """The shares of image and noise in the variance over time, the steps as dots and the one shown as a line."""
    times = np.linspace(0.0, 1.0, POINTS)
    signal = Noising(schedule, "noise").scales(torch.from_numpy(times))[0].square().numpy()
    figure = go.Figure(
        [
            line(times, 100 * signal, "image", palette.accent),
            line(times, 100 * (1 - signal), "noise", palette.muted, dash="dot"),
            go.Scatter(
                x=way.times,
                y=100 * way.signal,
                name="steps",
                mode="markers",
                marker={"size": 6, "color": palette.accent},
                hoverinfo="skip",
            ),
        ]
    )
    figure.add_vline(float(way.times[step]), line={"color": palette.ink, "width": 1})
    figure.update_xaxes(title_text="time t, from noise on the left to the image on the right", range=[1.02, -0.02])
    figure.update_yaxes(title_text="share of the variance, %")
    return styled(figure, palette, height=260)


def time_by_steps(found: PixelAgainstLatent, palette: Palette) -> go.Figure:
    """Milliseconds per image against the number of steps, a line for each model."""
    figure = go.Figure(
        [
            line(found.timed_steps, each.milliseconds, each.name, palette.of_class(index), markers=True)
            for index, each in enumerate(found.contenders)
        ]
    )
    figure.update_xaxes(title_text="steps from noise to image")
    figure.update_yaxes(title_text="milliseconds per image", rangemode="tozero")
    return styled(figure, palette, height=300)

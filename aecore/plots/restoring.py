"""Quality of restored pictures against the strength of the noise."""

import numpy as np
from plotly import graph_objects as go

from aecore.analysis.restoring.curve import MODEL, NOISY, NoiseCurves
from aecore.plots.palette import Palette
from aecore.plots.style import line, styled


def noise_curves(curves: NoiseCurves, palette: Palette) -> go.Figure:
    """PSNR of each method; the model's line is solid, the noisy picture's dotted."""
    figure = go.Figure()
    others = 0
    for name, values in curves.psnr_db.items():
        if name in (MODEL, NOISY):
            colour, dash = (palette.accent, "solid") if name == MODEL else (palette.muted, "dot")
        else:
            others += 1
            colour, dash = palette.of_class(others), "dash"
        figure.add_trace(line(np.array(curves.strengths), values, name.lower(), colour, dash=dash, markers=True))
    figure.update_xaxes(title_text="noise: standard deviation, of 255 grey levels")
    figure.update_yaxes(title_text="PSNR of the luma in dB, this part")
    return styled(figure, palette)

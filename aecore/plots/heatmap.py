"""Error maps in colour: black where nothing is wrong, through red and orange to almost white.

A colour of its own keeps an error map apart from the pictures beside it, which may be grey. Lightness grows all the
way, so that the order can be read without seeing colours. The five anchors are our choice.

Needs neither Plotly nor torch.
"""

import numpy as np
import numpy.typing as npt

from aecore.plots.pictures import Pixels

ANCHORS = ("#000000", "#4c1148", "#b62f3c", "#f29a3a", "#fff4cf")


def heatmap(errors: npt.NDArray[np.float32], largest: float) -> Pixels:
    """Error maps [n, channels, height, width] as colours [n, 3, height, width], the last anchor for `largest` or more.

    The channels of a colour picture are averaged. One `largest` for all maps makes their colours mean the same.
    """
    share = np.clip(errors.mean(1) / max(largest, 1e-12), 0.0, 1.0)
    places = np.linspace(0.0, 1.0, len(ANCHORS))
    levels = np.array([[int(anchor[at : at + 2], 16) for at in (1, 3, 5)] for anchor in ANCHORS])
    colours = [np.interp(share, places, levels[:, channel]) for channel in range(3)]
    drawn: Pixels = np.rint(np.stack(colours, 1)).astype(np.uint8)
    return drawn


def largest_error(errors: npt.NDArray[np.float32]) -> float:
    """The end of a scale common to all `errors` [n, channels, height, width]; 0 where there are none."""
    return float(errors.mean(1).max(initial=0.0))

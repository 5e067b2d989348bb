"""Before and after: layers of one picture, two of them side by side with a divider that follows the pointer.

All layers travel once; the divider, the choice of the two, the size of a pixel, the blend and the strength of noise are
moved in the browser (assets/browser/compare.js). Only the last two come back, when they are let go.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from aecore.browser.packing import pack
from aecore.errors import SettingError
from aecore.places import ASSETS
from pages.shared.serving import component_script

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Scale:
    """The slider of a strength: whole numbers from 0 to `most`, which read as in "σ 25 of 255"."""

    label: str
    usual: int
    most: int
    whole: int  # the number that is a strength of 1
    before: str
    after: str


@dataclass(frozen=True, eq=False)
class LiveNoise:
    """Noise whose strength is dragged: the browser makes the layer `noisy` anew from `clean` (assets/browser/noise.js).

    The layers that travel are for the strength `value`.
    """

    clean: str
    noisy: str
    kind: str  # gaussian, salt_pepper or masking
    value: int
    scale: Scale
    field: npt.NDArray[np.float32]  # of analysis.restoring.denoise.noise_field

    def header(self) -> dict[str, Any]:
        """All but the field, as plain values."""
        named = {"clean": self.clean, "noisy": self.noisy, "kind": self.kind, "value": self.value}
        return named | asdict(self.scale)


def noise_told(key: str) -> tuple[str, int] | None:
    """The kind of noise and its value that the comparison `key` was left at, before it is shown; None without."""
    told = (st.session_state.get(key) or {}).get("noise")
    return None if told is None else (str(told["kind"]), int(told["value"]))


def show_before_after(
    layers: Mapping[str, Pixels],
    *,
    key: str,
    left: str,
    right: str,
    plain: str = "",
    blendable: Sequence[str] = (),
    blend_label: str = "",
    noise: LiveNoise | None = None,
) -> float:
    """Show layers, uint8 [height, width, 1 or 3], all of one size; returns the blend, 0 to 1.

    `left` and `right` are seen first. With `blendable` layers a slider mixes as much of the layer `plain` into them.
    SettingError for layers of different sizes.
    """
    shapes = {each.shape for each in layers.values()}
    if len({shape[:2] for shape in shapes}) != 1:
        raise SettingError(f"The layers have different sizes: {', '.join(map(str, sorted(shapes)))}.")
    channels = max(shape[2] for shape in shapes)
    planes = {name: _planes(each, channels) for name, each in layers.items()}
    header = {
        "key": key,
        "shape": [channels, *next(iter(shapes))[:2]],
        "layers": list(layers),
        "left": left,
        "right": right,
        "plain": plain,
        "blendable": [each for each in blendable if each in layers],
        "blend_label": blend_label,
        "noise": noise and noise.header(),
    }
    arrays: dict[str, npt.NDArray[Any]] = {f"layer{index}": each for index, each in enumerate(planes.values())}
    if noise is not None:
        arrays["field"] = noise.field
    header["fingerprint"] = hashlib.sha256(pack(header, arrays)).hexdigest()
    result = _COMPARE(
        key=key,
        data=pack(header, arrays),
        default={"blend": 0.0, "noise": None},
        on_blend_change=_do_nothing,
        on_noise_change=_do_nothing,
    )
    return float(result.blend or 0.0)


def _planes(pixels: Pixels, channels: int) -> Pixels:
    planes = pixels.transpose(2, 0, 1)
    return np.ascontiguousarray(planes if len(planes) == channels else planes.repeat(channels, 0))


def _do_nothing() -> None:
    """Streamlit keeps a component's state only where a callback is named."""


_COMPARE = st.components.v2.component(
    "before_after",
    css=(ASSETS / "browser" / "compare.css").read_text(encoding="utf-8"),
    js=component_script("compare.js"),
)

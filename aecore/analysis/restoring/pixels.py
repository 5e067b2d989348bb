"""Pixels of a picture between files, networks and classical methods.

picture   uint8    [height, width, channels]      1 or 3 channels, as pictures are taken in
tensor    float32  [1, channels, height, width]   in [0, 1]
"""

import numpy as np
import numpy.typing as npt
import torch

from aecore.errors import SettingError
from aecore.shapes import Images

Bytes = npt.NDArray[np.uint8]
MOST_PIXELS = 24_000_000  # of a picture that comes out


def to_tensor(picture: Bytes) -> Images:
    """uint8 [height, width, channels] -> float32 [1, channels, height, width] in [0, 1]."""
    # A copy: pictures may be read-only, and torch warns of tensors over memory that cannot be written.
    return torch.from_numpy(np.array(picture.transpose(2, 0, 1), order="C")[None]).float().div_(255.0)


def to_picture(images: Images) -> Bytes:
    """float32 [1, channels, height, width] in [0, 1] -> uint8 [height, width, channels]."""
    pixels: Bytes = images[0].mul(255.0).round_().clamp_(0, 255).to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    return pixels


def check_size(width: int, height: int, what: str) -> None:
    """SettingError for a picture of more than 24 million pixels; `what` says which, as the beginning of a sentence."""
    if width * height > MOST_PIXELS:
        raise SettingError(
            f"{what} would have {width:,} x {height:,} pixels, {width * height / 1e6:,.0f} million: the limit is "
            f"{MOST_PIXELS / 1e6:,.0f} million. Choose a smaller factor or a part of the picture."
        )

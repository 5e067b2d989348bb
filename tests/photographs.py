"""Colour photographs to test with: crops of the two that scikit-learn carries (CC BY 2.0: see its images/README.txt).

china.jpg   by danielbuechele
flower.jpg  by vultilion
"""

from pathlib import Path

import numpy as np
import sklearn.datasets
from PIL import Image


def photographs(folder: Path, count: int = 300, seed: int = 0) -> Path:
    """Write `count` JPEG photographs into folder/building and folder/flower, half each; return `folder`.

    Each is cut at a random place and scale, mirrored or not, 96 to 320 pixels a side and seldom square, so that no two
    are alike and every one has to be fitted.
    """
    chance = np.random.default_rng(seed)
    kept = Path(sklearn.datasets.__file__).parent / "images"
    originals = {"building": "china.jpg", "flower": "flower.jpg"}
    loaded = {name: Image.open(kept / file).convert("RGB") for name, file in originals.items()}
    for name in loaded:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        name = list(loaded)[number % 2]
        _cut(loaded[name], chance).save(folder / name / f"{number:04}.jpg", quality=90)
    return folder


def _cut(photograph: Image.Image, chance: np.random.Generator) -> Image.Image:
    width, height = (int(side) for side in chance.integers(96, 321, 2))
    left = int(chance.integers(0, photograph.width - width + 1))
    top = int(chance.integers(0, photograph.height - height + 1))
    cut = photograph.crop((left, top, left + width, top + height))
    return cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if chance.random() < 0.5 else cut

"""A latent space to take away: one HTML file with the map, the probe and the walk, that opens from disk.

    codes of `points` images of a split    the map; without an encoder, drawn codes and what the model makes of them
    their first `pictures`                 can be taken up, and a walk leads over them
    decoder    a dense one as its steps (`aecore.analysis.plain_network`), which a few lines of the file run
               any other as ONNX, with onnxruntime (4 MB), and then the encoder too: the file can also be drawn in

Base64 takes a third more room than what it holds. `about_size` says how large a file will be, before it is made.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any

from aecore import __version__
from aecore.analysis.bundle import WASM, bundle_html
from aecore.analysis.drawn import DRAWN, drawn_map, has_encoder
from aecore.analysis.export import decoder_onnx, full_encoder_onnx
from aecore.analysis.generate import generator_of
from aecore.analysis.latent import LatentMap, ids_of, latent_map
from aecore.analysis.latent_scores import LatentScore, far_from_data, latent_scores
from aecore.analysis.plain_network import plain_network
from aecore.analysis.trained import Trained, decoding_model_of, part_of
from aecore.browser.canvas import Colouring, Projection, Scene, make_scene
from aecore.browser.code import browser_files
from aecore.browser.packing import pack
from aecore.data.image_set import Pixels
from aecore.errors import SettingError
from aecore.variants.catalog import variant

POINTS = 5_000
PICTURES = 1_000
MOST_POINTS = 70_000
PICTURE_BYTES = 3_000_000  # of all pictures together, by default
NUMBERS_OF_A_POINT = 6  # beside its code: place in the plane, label, number of the image, and scores
CODES_PACKED = 0.93  # of what they take unpacked
IN_BASE64 = 4 / 3


@dataclass(frozen=True, eq=False)
class _Networks:
    """What a file decodes with: the decoder, whether it is plain, and the encoder where a file can have one."""

    decoder: bytes
    plain: bool
    encoder: bytes | None


def takeaway(
    trained: Trained, name: str = "", split: str = "test", points: int = POINTS, pictures: int | None = None
) -> bytes:
    """The file of a trained autoencoder, or of another model that draws images.

    name      what the person calls it; stands in the file
    points    how many images the map shows: all of the split where it has fewer
    pictures  how many of them come with their picture, from 2; by default 1,000 or as many as take 3 MB

    RunError for a model that neither encodes nor draws, SettingError for numbers that do not fit.
    """
    pictures = _checked(trained, points, pictures)
    networks = _networks(trained)
    if has_encoder(trained):
        seen = latent_map(trained, split, points)
        scene = _scene(trained, seen, networks, pictures)
    else:
        seen, drawn = drawn_map(trained, points)
        scene = _drawn_scene(trained, seen, networks, drawn[:pictures])
    blocks = {each.hash: each.content() for each in scene.blocks.values()}
    header = _about(trained, name, seen)
    title = f"Latent space: {name or variant(trained.recipe.variant).title}"
    return bundle_html("takeaway.js", {"message": scene.message, **blocks}, header, title, runtime=not networks.plain)


def about_size(trained: Trained, split: str = "test", points: int = POINTS, pictures: int | None = None) -> int:
    """About how many bytes the file will have: networks and pictures are packed, but nothing is encoded."""
    pictures = _checked(trained, points, pictures)
    images = part_of(trained.splits, split).images  # drawn ones are like them
    networks = _networks(trained)
    latent = decoding_model_of(trained).latent
    parts = (networks.decoder, networks.encoder or b"", images[:pictures].tobytes())
    content = sum(_packed(each) for each in parts) + (0 if networks.plain else _packed_runtime())
    content += int(CODES_PACKED * 4 * min(points, len(images)) * (latent + NUMBERS_OF_A_POINT))
    return int(content * IN_BASE64) + _code_size(networks.plain)


def _checked(trained: Trained, points: int, pictures: int | None) -> int:
    """How many pictures."""
    if not has_encoder(trained):
        generator_of(trained)
    if not 2 <= points <= MOST_POINTS:
        raise SettingError(f"A map to take away has 2 to {MOST_POINTS:,} points, not {points:,}.")
    affordable = max(2, PICTURE_BYTES // prod(trained.splits.shape))
    pictures = min(PICTURES, points, affordable) if pictures is None else pictures
    if not 2 <= pictures <= points:
        raise SettingError(f"Of {points:,} points 2 to {points:,} have a picture, not {pictures:,}: a walk needs two.")
    return pictures


def _networks(trained: Trained) -> _Networks:
    onnx = decoder_onnx(trained)
    steps = plain_network(onnx)
    if steps is not None:
        return _Networks(pack(*steps.described()), True, None)
    return _Networks(onnx, False, full_encoder_onnx(trained) if has_encoder(trained) else None)


def _scene(trained: Trained, seen: LatentMap, networks: _Networks, pictures: int) -> Scene:
    images = part_of(trained.splits, seen.split).images
    return _made(
        seen,
        networks,
        latent_scores(trained, seen),
        thumbnails=images[seen.indices[:pictures]],
        ids=ids_of(trained.splits, seen.split, seen.indices),
        far=far_from_data(seen.codes),
    )


def _drawn_scene(trained: Trained, seen: LatentMap, networks: _Networks, drawn: Pixels) -> Scene:
    return _made(seen, networks, (), thumbnails=drawn, ids=seen.indices, drawn=True)


def _made(seen: LatentMap, networks: _Networks, scores: Sequence[LatentScore], **others: Any) -> Scene:
    plane = seen.projection
    return make_scene(
        key="takeaway",
        decoder=networks.decoder,
        plain=networks.plain,
        encoder=networks.encoder,
        codes=seen.codes,
        labels=seen.labels,
        class_names=seen.class_names,
        projection=None if plane is None else Projection(plane.mean, plane.components),
        activity=seen.dimensions.activity,
        axes=seen.axes,
        colourings=[Colouring(each.key, each.title, each.unit, each.values) for each in scores],
        **others,
    )


def _about(trained: Trained, name: str, seen: LatentMap) -> dict[str, str]:
    recipe, data = trained.recipe, trained.splits.train
    count, drawn = len(seen.codes), seen.split == DRAWN
    points = "a code that was drawn" if drawn else f"the code of one image of the {seen.split} split"
    words: Sequence[str] = [name, variant(recipe.variant).title, f"trained on {data.title or recipe.data.name}"]
    return {
        "about": f"Each of {count:,} points is {points}. Move the probe: the image of the code under it "
        f"is decoded in this file, without a network. {seen.note}",
        "run": ", ".join(filter(None, words)) + ".",
        "version": f"{__version__}.",
        "licence": f"{data.title or recipe.data.name}, licence: {data.licence or 'not stated'}.",
    }


def _code_size(plain: bool) -> int:
    """Of modules and styles, which the file holds as they are; those of other pages are counted too, 0.1 MB."""
    parts = [each for name, each in browser_files().items() if not (plain and name.startswith("ort/"))]
    return sum(len(each.content()) for each in parts if each.media_type.startswith("text/"))


def _packed(content: bytes) -> int:
    return len(gzip.compress(content, 6, mtime=0))


@cache
def _packed_runtime() -> int:
    return _packed(browser_files()[WASM].content())

"""The scene of a run's latent space, in four steps, so that a person sees and moves something at once.

1. The test images, or some of them while the run is under way: encoded before the page is shown.
2. The images of all parts of the data set: encoded in a thread of the server.
3. The numbers that points can be coloured by, for all of them: in the same thread.
4. The recorded epochs, for the time machine: in the same thread. A run under way has this step and the first.

A model without an encoder shows images that it draws instead, in the first step, and has no second and third.

Each step makes a scene that takes the place of the one before in the same canvas; the probe and the view stay.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from aecore.browser.canvas import (
    PICTURES_LIMIT,
    SPREAD,
    Along,
    Colouring,
    Inverse,
    Projection,
    Scene,
    make_scene,
)
from aecore.errors import LabError
from pages.shared.latent_past import recorder_of

if TYPE_CHECKING:
    from aecore.analysis.latent import LatentMap
    from aecore.analysis.latent import Projection as Directions
    from aecore.analysis.latent_scores import LatentScore
    from aecore.analysis.trained import Floats
    from aecore.data.image_set import Pixels
    from aecore.runs.kept_projections import CodeProjection
    from aecore.runs.opened import OpenRun

MOST_NUMBERS = 16_000_000  # of codes that travel, 64 MB: fewer points where codes are large
MOST_FIRST = 10_000  # images that are encoded before anything is seen
IN_TRAINING = 2_000  # they are encoded and sent again after each epoch
DRAWN_IN_TRAINING = 500
MOST_DIRECTIONS = 8
ENOUGH = 20_000  # codes that say in which directions codes vary
NOTE = "share of the variance of the codes"
NOTE_DRAWN = "share of the differences between drawn images"
RECALLING = "Reading the recorded epochs"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Seen:
    """A scene and what is said about it."""

    scene: Scene
    map: "LatentMap"
    principal: tuple[Along, ...]
    plane: str = ""  # the method of a kept projection; "" for the plane of the map itself


@dataclass
class Growing:
    """The newest scene of one checkpoint, and what is still being made."""

    seen: Seen
    doing: str = ""  # what is being made now; "" when all is there
    failed: str = ""
    steps: int = 1
    earlier: list[Seen] = field(default_factory=list)  # a browser may still be fetching their blocks


def grow(opened: "OpenRun", key: str, following: bool) -> Growing:
    """The scene of an open run: the first step now, the others in the background; of a run under way only the last."""
    from aecore.analysis.drawn import has_encoder

    maker = _Maker(opened, key)
    growing = Growing(_encoded(maker, following) if has_encoder(opened) else _drawn(maker, following))
    at_once = following or growing.seen.scene.header["drawn"]
    growing.doing = RECALLING if at_once else f"Encoding all {opened.splits.count:,} images"
    in_background(lambda: _go_on(growing, maker, at_once))
    return growing


def _encoded(maker: "_Maker", following: bool) -> Seen:
    from aecore.analysis.latent import latent_map
    from aecore.analysis.latent_scores import latent_scores

    most = IN_TRAINING if following else MOST_FIRST
    seen = latent_map(maker.opened, "test", max(1, min(most, maker.affordable)))
    return maker.scene(seen, latent_scores(maker.opened, seen) if len(seen.codes) <= IN_TRAINING else ())


def _drawn(maker: "_Maker", following: bool) -> Seen:
    from aecore.analysis.drawn import COUNT, drawn_map
    from aecore.jobs.classifiers import classifier_for, has_classifier

    opened = maker.opened
    classifier = classifier_for(opened.splits) if has_classifier(opened.splits) else None
    seen, images = drawn_map(opened, DRAWN_IN_TRAINING if following else COUNT, classifier=classifier)
    return maker.drawn_scene(seen, images)


def projected(opened: "OpenRun", key: str, kept: "CodeProjection") -> Growing:
    """The scene of a projection that is kept with the run: exactly its images, and all at once."""
    from aecore.analysis.latent_scores import latent_scores
    from aecore.analysis.projections import INVERSE_NEIGHBOURS, projected_map

    maker = _Maker(opened, key)
    seen = projected_map(opened, kept)
    inverse = Inverse(INVERSE_NEIGHBOURS, kept.inverse_error, kept.about.measures["mean_code_error"])
    made = maker.scene(seen, latent_scores(opened, seen), inverse)
    return Growing(replace(made, plane=kept.about.method))


def in_background(work: Callable[[], None]) -> None:
    """Do it in a thread, which ends with the server."""
    threading.Thread(target=work, daemon=True, name="latent-scene").start()


def _go_on(growing: Growing, maker: "_Maker", at_once: bool) -> None:
    """The outermost edge of the thread: whatever happens, `doing` is empty afterwards."""
    try:
        if not at_once:
            _complete(growing, maker)
        growing.doing = RECALLING
        _recall(growing, maker)
    except LabError as error:
        growing.failed = str(error)
    except MemoryError:
        growing.failed = "There is not enough memory for all images: the map shows the test images."
    except Exception as error:
        _log.exception("Making a latent space whole failed")
        growing.failed = f"A fault of the lab ({type(error).__name__}: {error}) left the map with the test images."
    finally:
        growing.doing = ""


def _complete(growing: Growing, maker: "_Maker") -> None:
    from aecore.analysis.latent import EVERYTHING, latent_map
    from aecore.analysis.latent_scores import latent_scores

    seen = latent_map(maker.opened, EVERYTHING, maker.affordable)
    _renew(growing, maker, seen, ())
    growing.doing = f"Measuring the error of {len(seen.codes):,} images"
    _renew(growing, maker, seen, latent_scores(maker.opened, seen))


def _recall(growing: Growing, maker: "_Maker") -> None:
    past = maker.recorder.renew(maker.opened)
    if past is not growing.seen.scene.past:
        _show(growing, replace(growing.seen, scene=growing.seen.scene.remembering(past)))


def _renew(growing: Growing, maker: "_Maker", seen: "LatentMap", scores: "Sequence[LatentScore]") -> None:
    _show(growing, maker.scene(seen, scores))


def _show(growing: Growing, seen: Seen) -> None:
    growing.earlier.append(growing.seen)
    growing.seen = seen
    growing.steps += 1


class _Maker:
    """Makes scenes of one checkpoint; its networks are exported once."""

    def __init__(self, opened: "OpenRun", key: str):
        from aecore.analysis.drawn import has_encoder
        from aecore.analysis.export import decoder_onnx, full_encoder_onnx

        self.opened, self.key = opened, key
        self.recorder = recorder_of(str(opened.run.path))
        self.decoder = decoder_onnx(opened)
        self.encoder = full_encoder_onnx(opened) if has_encoder(opened) else None
        self.affordable = max(1, MOST_NUMBERS // opened.composition.model.latent)

    def scene(self, seen: "LatentMap", scores: "Sequence[LatentScore]", inverse: Inverse | None = None) -> Seen:
        """Of encoded images."""
        from aecore.analysis.latent import ids_of
        from aecore.analysis.latent_scores import far_from_data

        splits = self.opened.splits
        ids = ids_of(splits, seen.split, seen.indices)
        pictured = max(1, PICTURES_LIMIT // prod(splits.shape))
        scene = self._made(
            seen,
            scores,
            thumbnails=splits.take(ids[:pictured]).images,
            plane=None if inverse is None else seen.plane,
            inverse=inverse,
            ids=ids,
            far=far_from_data(seen.codes),
            offers=("group", "walk"),
        )
        return Seen(scene, seen, _principal(seen))

    def drawn_scene(self, seen: "LatentMap", images: "Pixels") -> Seen:
        """Of drawn codes: how far a place is from data nobody knows, and what is no image of the data has no group."""
        from aecore.analysis.drawn import judgements

        scores = judgements(self.opened, images)
        scene = self._made(seen, scores, thumbnails=images, ids=seen.indices, offers=("walk",), drawn=True)
        return Seen(scene, seen, _drawn_directions(seen, images))

    def _made(self, seen: "LatentMap", scores: "Sequence[LatentScore]", **others: Any) -> Scene:
        plane = seen.projection
        return make_scene(
            key=self.key,
            decoder=self.decoder,
            encoder=self.encoder,
            codes=seen.codes,
            labels=seen.labels,
            class_names=seen.class_names,
            projection=None if plane is None else Projection(plane.mean, plane.components),
            activity=seen.dimensions.activity,
            axes=seen.axes,
            colourings=[Colouring(each.key, each.title, each.unit, each.values) for each in scores],
            past=self.recorder.newest,
            **others,
        )


def _principal(seen: "LatentMap") -> tuple[Along, ...]:
    """The directions in which the codes vary most; of codes of two numbers the map shows all there is."""
    from aecore.analysis.latent import principal_directions

    latent = seen.codes.shape[1]
    if latent <= 2 or len(seen.codes) <= MOST_DIRECTIONS or not seen.codes.var(0).any():
        return ()
    found = principal_directions(seen.codes[:ENOUGH], min(MOST_DIRECTIONS, latent))
    return _along(found, seen.codes[:ENOUGH], "Component", NOTE)


def _drawn_directions(seen: "LatentMap", images: "Pixels") -> tuple[Along, ...]:
    """The directions along which drawn images differ most."""
    from aecore.analysis.drawn import directions

    latent = seen.codes.shape[1]
    if latent <= 2:
        return ()
    found = directions(seen.codes, images, min(MOST_DIRECTIONS, latent))
    return _along(found, seen.codes, "Direction", NOTE_DRAWN)


def _along(found: "Directions", codes: "Floats", word: str, note: str) -> tuple[Along, ...]:
    spread = np.sqrt(((codes - found.mean) @ found.components.T).var(0))
    return tuple(
        Along(f"{word} {i + 1}, {share:.0%}", unit, found.mean, -SPREAD * float(s), SPREAD * float(s), note)
        for i, (unit, share, s) in enumerate(zip(found.components, found.explained, spread, strict=True))
    )

"""What does a network make of a picture that is too small, and how much of it is invented?

Reads a picture that a person uploads and the runs of super-resolution. Writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from aecore.runs.folder import Run
from aecore.runs.summary import RunSummary
from pages.shared.background import Progress, whole_picture
from pages.shared.before_after import show_before_after
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import enlarges, pick_runs
from pages.shared.pictures import Picture, show_named_rows
from pages.shared.restored import FORMATS, Scores, offer, pick_orientations, progress_shown, scores_of, show_scores
from pages.shared.uploads import Part, Upload, pick_part, pick_picture

if TYPE_CHECKING:
    from aecore.analysis.restoring.files import Made
    from aecore.runs.opened import OpenRun

PAGE = "enlarge"
Pixels = npt.NDArray[np.uint8]

FACTORS = (2, 3, 4)
SHOWN = 288  # pixels a side of the enlarged part
BICUBIC, SMALL, ORIGINAL = "Bicubic", "As it came", "Original"
MOST_KEPT = 16  # enlarged parts of a visit
MAP_SIDE = 240


@dataclass(frozen=True, eq=False)
class Question:
    """What is enlarged: the picture as it came, or shrunk first, by how much, and in how many orientations."""

    upload: Upload
    small: Pixels
    original: Pixels | None  # where the picture was shrunk first
    factor: int
    orientations: int

    @property
    def which(self) -> tuple[object, ...]:
        """What tells it from others in the session."""
        return self.upload.digest, self.original is not None, self.factor, self.orientations


def show() -> None:
    """The comparison first, the choices beside it, the whole picture and its evidence below."""
    picture, controls = st.columns([3, 1], gap="large")
    with controls:
        upload = None
        with errors_shown():
            upload = pick_picture(PAGE)
        factor = int(
            st.segmented_control(
                "Factor", FACTORS, default=2, required=True, format_func=lambda each: f"{each} ×", key=f"{PAGE}.factor"
            )
        )
        first = st.toggle(
            "Shrink it first",
            key=f"{PAGE}.shrink",
            help="Makes the picture smaller, so that the enlargement can be compared with what was there.",
        )
        runs = pick_runs(PAGE, enlarges, most=4, label="Models", usual=_usual)
        orientations = pick_orientations(PAGE)
        question = None
        if upload is not None:
            with errors_shown():
                question = _question(upload, factor, first, orientations)
        part = None if question is None else pick_part(PAGE, question.small, SHOWN // factor)
    with picture:
        if question is None or part is None:
            st.info(
                "Add a picture or take a sample: a part of it is enlarged at once by every model chosen, pixel by "
                "pixel beside bicubic interpolation.",
                icon=":material/add_photo_alternate:",
            )
            return
        with errors_shown():
            _answer(question, part, runs)


def _usual(fitting: Sequence[RunSummary]) -> RunSummary:
    """What a person trained last, otherwise the best that ships."""
    from aecore.analysis.restoring.choosing import SHRINK, best_restorer

    own = next((each for each in fitting if not each.starter), None)
    return own or best_restorer(fitting, SHRINK) or fitting[0]


def _question(upload: Upload, factor: int, first: bool, orientations: int) -> Question:
    from aecore.analysis.restoring.enlarge import shrunk

    if not first:
        return Question(upload, upload.pixels, None, factor, orientations)
    small = shrunk(upload.pixels, factor)
    original = upload.pixels[: small.shape[0] * factor, : small.shape[1] * factor]
    return Question(upload, small, original, factor, orientations)


def _answer(question: Question, part: Part, runs: Mapping[str, Run]) -> None:
    opened = {name: open_for_page(run) for name, run in runs.items()}
    known, others = _fitting(opened, question.factor)
    layers = _layers(question, part, known)
    names = list(known)
    best = names[0] if names else BICUBIC
    blend = show_before_after(
        layers,
        key=f"{PAGE}.compare",
        left=BICUBIC if names else SMALL,
        right=best,
        plain=BICUBIC,
        blendable=names,
        blend_label="Back to bicubic",
    )
    height, width = question.small.shape[:2]
    times = question.factor
    st.caption(
        f"{question.upload.described}. Shown: {part.width} × {part.height} pixels of {width:,} × {height:,}, enlarged "
        f"{times} times. “{SMALL}” repeats its pixels."
    )
    for name in others:
        st.info(f"{name} was not trained to enlarge {times} times and is left out.", icon=":material/info:")
    _evidence(question, part, layers, names)
    st.divider()
    _whole(question, known, blend)


def _fitting(opened: "Mapping[str, OpenRun]", factor: int) -> "tuple[dict[str, OpenRun], list[str]]":
    from aecore.analysis.restoring.enlarge import factors_of

    known = {name: each for name, each in opened.items() if factor in factors_of(each)}
    return known, [name for name in opened if name not in known]


def _layers(question: Question, part: Part, known: "Mapping[str, OpenRun]") -> dict[str, Pixels]:
    """Every layer of the part; what was enlarged in this visit already is not enlarged again."""
    times = question.factor
    layers: dict[str, Pixels] = {}
    if question.original is not None:
        layers[ORIGINAL] = part.of(question.original, times)
    layers[SMALL] = part.of(question.small).repeat(times, 0).repeat(times, 1)
    layers[BICUBIC] = _enlarged(question, part, None)
    layers |= {name: _enlarged(question, part, each) for name, each in known.items()}
    return layers


def _enlarged(question: Question, part: Part, opened: "OpenRun | None") -> Pixels:
    """The part as it is in the enlarged whole: enlarged with a margin, which is cut off."""
    from aecore.analysis.restoring.enlarge import enlarged

    run = None if opened is None else (str(opened.run.path), weights_version(opened.run))
    which = (*question.which, part, run)
    kept: dict[object, Pixels] = st.session_state.setdefault(f"{PAGE}.kept", {})
    if which not in kept:
        around = _with_margin(question, part, opened)
        with progress_shown("Enlarging …") as tell:
            made = enlarged(around.of(question.small), question.factor, opened, tell, question.orientations)
        inner = Part(part.top - around.top, part.left - around.left, part.height, part.width)
        while len(kept) >= MOST_KEPT:
            del kept[next(iter(kept))]
        kept[which] = inner.of(made, question.factor)
    return kept[which]


def _with_margin(question: Question, part: Part, opened: "OpenRun | None") -> Part:
    from aecore.analysis.restoring.enlarge import margin_of
    from aecore.analysis.restoring.tiles import span

    cell, margin = margin_of(opened, question.factor)
    height, width = question.small.shape[:2]
    down = span(part.top, part.top + part.height, height, margin, cell).outer
    across = span(part.left, part.left + part.width, width, margin, cell).outer
    return Part(down.start, across.start, down.stop - down.start, across.stop - across.start)


def _evidence(question: Question, part: Part, layers: Mapping[str, Pixels], names: list[str]) -> None:
    """With the original known: how far each is from it. Without: what the upload says of each."""
    methods = [BICUBIC, *names]
    if question.original is not None:
        shown = {each: layers[each] for each in methods}
        scores = scores_of(layers[ORIGINAL], shown, question.factor)
        show_scores(scores, "over the part shown", "How far each is from the original")
        return
    if not names:
        return
    from aecore.analysis.restoring.enlarge import judged
    from aecore.plots.heatmap import heatmap

    came = part.of(question.small)
    found = {name: judged(came, layers[name]) for name in names}
    most = max(float(each.added.max()) for each in found.values()) or 1.0
    worst = max(float(each.disagreement.max()) for each in found.values()) or 1.0
    st.header("What the picture says of it")
    show_named_rows(
        {
            f"Added to bicubic, up to {255 * most:.0f} of 255 grey levels": [
                Picture(heatmap(each.added[None, None], most)[0], f"What {name} added", name)
                for name, each in found.items()
            ],
            f"Disagreement with the picture when shrunk again, up to {255 * worst:.0f} of 255": [
                Picture(
                    heatmap(each.disagreement[None, None], worst)[0],
                    f"Where {name} disagrees",
                    f"{name}: mean {each.mean_levels:.2f}",
                )
                for name, each in found.items()
            ],
        },
        MAP_SIDE,
    )
    st.caption(
        "What disagrees is wrong: the picture that came rules it out. What agrees may still be invented; the slider "
        "below the pictures takes back what was added."
    )


def _whole(question: Question, known: "Mapping[str, OpenRun]", blend: float) -> None:
    st.header("The whole picture")
    height, width = question.small.shape[:2]
    times = question.factor
    choice, kind = st.columns([3, 2])
    names = [*known, BICUBIC]
    name = str(choice.selectbox("By", names, key=f"{PAGE}.by"))
    wanted = str(kind.selectbox("As", list(FORMATS), format_func=lambda each: FORMATS[each], key=f"{PAGE}.format"))
    trained = known.get(name)
    share = blend if trained is not None else 0.0
    version = None if trained is None else (trained.run.id, weights_version(trained.run))
    which = (*question.which, version, wanted, share)
    found = whole_picture(
        f"{PAGE}.whole",
        which,
        f"Enlarge all {width:,} × {height:,} pixels to {width * times:,} × {height * times:,}",
        ":material/zoom_out_map:",
        lambda tell: _file(question, trained, name, wanted, share, tell),
    )
    if found is not None:
        made, scores = found
        offer(made, question.upload.name, f"{times}x", wanted, f"{PAGE}.download")
        if scores:
            show_scores(scores, "over the whole picture", "How far the whole picture is from the original")
    if trained is not None and question.original is None:
        _lines(question, trained, wanted, share)


def _file(
    question: Question, trained: "OpenRun | None", name: str, kind: str, blend: float, tell: Progress
) -> "tuple[Made, Scores]":
    """The file, and how far it and bicubic interpolation are from the original where that is known."""
    from aecore.analysis.restoring.enlarge import enlarged
    from aecore.analysis.restoring.files import enlarged_file, taken_in
    from aecore.data.pictures import Picture as Taken

    height, width, _ = question.small.shape
    taken = Taken(question.upload.name, question.small, height, width, "", question.upload.notes)
    made = enlarged_file(taken, question.factor, trained, kind, blend, tell, question.orientations)
    if question.original is None:
        return made, {}
    pictures = {
        BICUBIC: enlarged(question.small, question.factor),
        name: taken_in("made", made.content).pixels,
    }
    return made, scores_of(question.original, pictures, question.factor)


def _lines(question: Question, trained: "OpenRun", kind: str, blend: float) -> None:
    from aecore.analysis.recipes_as_code import enlarge_lines

    lines = enlarge_lines(trained.run.id, question.upload.name, question.factor, kind, blend, question.orientations)
    as_code(lines, "enlarge")


with page("Enlarge", "What does a network make of a picture that is too small, and how much of it is invented?"):
    show()

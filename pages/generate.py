"""What does a model draw when it is shown nothing, and how good is that?

Reads runs that draw images, their training and test images, and the classifier of their data set. Writes that
classifier where it has to be trained first.

    ?run=ID&run=ID&seed=N   the runs to show, and the seed of their codes
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from aecore.randomness import MAX_SEED
from aecore.runs.folder import Run
from pages.shared.choosing import choose_picture
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.matrix import Numbers, digits, show_numbers, side_for
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import draws_images, pick_runs
from pages.shared.pictures import Picture, show_pictures
from pages.shared.results import Progress, Slot, slot
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.generate import Drawn
    from aecore.analysis.quality import Nearest, Quality
    from aecore.runs.opened import OpenRun

PAGE = "generate"
SEED = "seed"
CHANCE = -1  # of the class
MOST_RUNS = 4
USUAL_IMAGES, MOST_IMAGES = 16, 64
YARDSTICK = 200  # test images whose neighbours are looked up at once; all of the table's would keep a person waiting
SIDE, LARGE_SIDE = 56, 112  # CSS pixels, about
MOST_GUIDANCE = 5.0
STEPS = (0, 1, 2, 5, 10, 20, 50, 100)  # 0: the model's own number


@dataclass(frozen=True)
class Asked:
    """What is asked of every run."""

    count: int
    seed: int
    label: int | None
    truncation: float
    guidance: float
    steps: int


@dataclass(frozen=True, eq=False)
class Side:
    """One of the runs, open."""

    name: str
    run: Run
    opened: "OpenRun"
    controls: frozenset[str]


def show() -> None:
    """Choices on the right, a column for each run on the left, measured quality below."""
    runs = pick_runs(PAGE, draws_images, MOST_RUNS)
    if not runs:
        return
    sides = _open(runs)
    if not sides:
        return
    picture, controls = st.columns([5, 1], gap="medium")
    with controls:
        asked = _ask(sides)
        sample = int(
            st.number_input(
                "Sample to look up",
                1,
                asked.count,
                1,
                key=f"{PAGE}.sample",
                help="Or press one of the pictures. The same number is the same code.",
            )
        )
    with picture:
        for column, side in zip(st.columns(len(sides), gap="medium"), sides, strict=True):
            with column, errors_shown():
                _column(side, asked, sample - 1, 8 if len(sides) < 3 else 4)
        _lines(sides, asked)
    st.divider()
    with errors_shown():
        _measured(sides)


def _open(runs: Mapping[str, Run]) -> list[Side]:
    from aecore.analysis.generate import controls_of

    sides = []
    for name, run in runs.items():
        with errors_shown():
            opened = open_for_page(run)
            sides.append(Side(name, run, opened, controls_of(opened)))
    return sides


# --- what is asked for


def _ask(sides: Sequence[Side]) -> Asked:
    """The settings that one of the runs minds, and those that concern all."""
    minded = frozenset().union(*(each.controls for each in sides))
    seed = _ask_seed()
    count = st.slider("How many", 4, MOST_IMAGES, USUAL_IMAGES, 4, key=f"{PAGE}.count")
    label = _ask_class(sides) if "labels" in minded else None
    truncation = guidance = 1.0
    steps = 0
    if "truncation" in minded:
        truncation = st.slider(
            "Truncation", 0.0, 1.0, 1.0, 0.05, key=f"{PAGE}.truncation", help="Below 1: more typical, less varied."
        )
    if "guidance" in minded:
        guidance = st.slider(
            "Guidance", 0.0, MOST_GUIDANCE, 1.0, 0.25, key=f"{PAGE}.guidance", help="Above 1 the class is exaggerated."
        )
    if "steps" in minded:
        steps = st.select_slider(
            "Steps",
            STEPS,
            format_func=lambda each: str(each or "own"),
            key=f"{PAGE}.steps",
            help="In which an image is made; own: as many as the model usually takes.",
        )
    return Asked(count, seed, label, truncation, guidance, steps)


def _ask_seed() -> int:
    """The seed is in the address, so that a link shows the same images."""
    key = f"{PAGE}.seed"
    if key not in st.session_state:
        named = str(st.query_params.get(SEED, ""))
        st.session_state[key] = min(int(named), MAX_SEED) if named.isdecimal() else 0
    st.button("New seed", on_click=_next_seed, key=f"{PAGE}.again", icon=":material/shuffle:", type="primary")
    seed = int(st.number_input("Seed", 0, MAX_SEED, key=key, help="Runs with equal code sizes get the same codes."))
    if st.query_params.get(SEED) != str(seed):
        st.query_params[SEED] = str(seed)
    return seed


def _next_seed() -> None:
    st.session_state[f"{PAGE}.seed"] = (int(st.session_state[f"{PAGE}.seed"]) + 1) % MAX_SEED


def _ask_class(sides: Sequence[Side]) -> int | None:
    """A class by its index. Where the runs know different names for it, all of them are said."""
    from aecore.analysis.generate import classes_of

    told = [each for each in sides if "labels" in each.controls]
    known = sorted({label for each in told for label in classes_of(each.opened)})
    names = {label: _class_names(told, label) for label in known}
    label = st.selectbox(
        "Class",
        [CHANCE, *known],
        format_func=lambda each: "Left to chance" if each == CHANCE else names[each],
        key=f"{PAGE}.class",
    )
    return None if label == CHANCE else int(label)


def _class_names(sides: Sequence[Side], label: int) -> str:
    known = [each.opened.splits.train.class_names for each in sides]
    return " / ".join(dict.fromkeys(names[label] for names in known if label < len(names)))


# --- what each run draws


def _column(side: Side, asked: Asked, sample: int, columns: int) -> None:
    """Samples, what they took, and one of them beside the nearest training image."""
    from aecore.plots.pictures import as_bytes

    st.markdown(f"**{plain(side.name)}**")
    asked = _fitted(side, asked)
    drawn = _drawn(side, asked)
    names = side.opened.splits.train.class_names
    images = as_bytes(drawn.images)
    told = [""] * len(images) if drawn.labels is None else [names[label] for label in drawn.labels]
    pictures = [
        Picture(each, f"Sample {n}{': ' * bool(name)}{name}", str(n), name, n == sample + 1)
        for n, (each, name) in enumerate(zip(images, told, strict=True), 1)
    ]
    choose_picture(pictures, f"{PAGE}.pictures.{side.run.id}", _choose, side_for(images.shape[3], SIDE), columns)
    st.caption(_about(side, drawn))
    _neighbour(side, asked, drawn, sample)


def _choose(index: int) -> None:
    st.session_state[f"{PAGE}.sample"] = index + 1


def _fitted(side: Side, asked: Asked) -> Asked:
    """A class that these images do not have is left to chance."""
    known = len(side.opened.splits.train.class_names)
    return asked if asked.label is None or asked.label < known else replace(asked, label=None)


def _drawn(side: Side, asked: Asked) -> "Drawn":
    with st.spinner(f"Drawing {asked.count} images …", show_time=True):
        return _draw(side.opened, str(side.run.path), weights_version(side.run), asked)


@st.cache_data(max_entries=64, show_spinner=False)
def _draw(_opened: "OpenRun", path: str, version: int, asked: Asked) -> "Drawn":
    from aecore.analysis.generate import draw

    return draw(_opened, **vars(asked))


def _about(side: Side, drawn: "Drawn") -> str:
    size = drawn.codes.shape[1]
    said = f"{digits(drawn.milliseconds)} ms per image on the {drawn.device}, from a code of {size:,} "
    said += f"number{'s' * (size != 1)}."
    if drawn.unminded:
        said += f" This model does not mind {_listed(drawn.unminded)}."
    if side.run.alive():
        said += f" Still training: the weights after epoch {side.opened.epoch}."
    return said


def _listed(words: Sequence[str]) -> str:
    *before, last = words
    return f"{', '.join(before)} or {last}" if before else last


def _neighbour(side: Side, asked: Asked, drawn: "Drawn", sample: int) -> None:
    """The chosen sample and the training image nearest to it: has the model drawn it, or only remembered it?"""
    from aecore.plots.pictures import as_bytes

    train = side.opened.splits.train
    with st.spinner(f"Looking through {len(train):,} training images …", show_time=True):
        found = _nearest(side.opened, str(side.run.path), weights_version(side.run), asked, drawn)
        real = _real_distance(side.opened, str(side.run.path))
    index, distance = int(found.indices[sample]), float(found.distances[sample])
    name = "" if train.labels is None else f", {train.class_names[train.labels[index]]}"
    shown = [
        Picture(as_bytes(drawn.images)[sample], f"Sample {sample + 1}, enlarged", f"sample {sample + 1}"),
        Picture(
            train.images[index],
            f"Training image {index}{name}",
            f"nearest of {len(train):,} training images{name}",
        ),
    ]
    show_pictures(shown, side_for(train.shape[2], LARGE_SIDE))
    st.caption(
        f"Distance {digits(distance)}; {min(YARDSTICK, len(side.opened.splits.test))} test images are {digits(real)} "
        "away from theirs on average. "
        "Euclidean, over all pixels from 0 to 1."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _nearest(_opened: "OpenRun", path: str, version: int, asked: Asked, _drawn: "Drawn") -> "Nearest":
    from aecore.analysis.quality import nearest

    return nearest(_drawn.images, _opened.splits.train)


@st.cache_data(max_entries=64, show_spinner=False)
def _real_distance(_opened: "OpenRun", path: str) -> float:
    from aecore.analysis.quality import real_distance

    return real_distance(_opened, YARDSTICK)


def _lines(sides: Sequence[Side], asked: Asked) -> None:
    from aecore.analysis.recipes_as_code import generate_lines

    lines = generate_lines([each.run.id for each in sides], **vars(asked))
    as_code(lines, "generate")


# --- how good it is


def _measured(sides: Sequence[Side]) -> None:
    """Quality of all the runs at a click, with floor and baseline; then it is kept."""
    st.header("Quality, measured")
    st.caption(
        "On as many drawn images as there are test images, at most 10,000 and fewer of a slow model, with the class "
        "left to chance. Beside each number stands what real images get."
    )
    slots: dict[str, Slot[Quality]] = {each.name: slot(each.run, "quality") for each in sides}
    missing = [each for each in sides if slots[each.name].result is None]
    if missing and st.button(
        f"Measure {'this run' if len(sides) == 1 else f'{len(missing)} runs'}",
        key=f"{PAGE}.measure",
        icon=":material/straighten:",
        help="Half a minute for each run; up to two minutes where an image takes long to draw.",
    ):
        for each in missing:
            with errors_shown():
                slots[each.name].fill(f"{plain(each.name)}: measuring, about half a minute …", partial(_measure, each))
        missing = [each for each in missing if slots[each.name].result is None]
        if not missing:
            st.rerun()
    found = {name: each.result for name, each in slots.items()}
    known = {name: each for name, each in found.items() if each is not None}
    if not known:
        return
    show_numbers(_rows(list(found.values())), list(found), "Quality of the images that each run draws")
    for name, measured in known.items():
        if measured.note:
            st.caption(f"{plain(name)}: {measured.note}")
    _explained()
    _class_table(known)
    _show_lines(sides)


def _measure(side: Side, tell: Progress) -> "Quality":
    """With the classifier of the data set, trained first where there is none yet."""
    from aecore.analysis.quality import quality
    from aecore.jobs.classifiers import classifier_for

    learned = classifier_for(side.opened.splits, lambda done: tell(0.3 * done))
    return quality(side.opened, learned, progress=lambda done: tell(0.3 + 0.7 * done))


def _rows(found: "Sequence[Quality | None]") -> list[Numbers]:
    def row(label: str, unit: str, value: str) -> Numbers:
        return Numbers(label, unit, [digits(getattr(each, value) if each else None) for each in found])

    frechet = "on features of the lab’s own classifier"
    mean = "Euclidean over pixels from 0 to 1, mean"
    classes = [each.classes if each else None for each in found]
    covered = ["–" if each is None else f"{each.covered} of {each.of}" for each in classes]
    return [
        row("Fréchet distance", f"drawn to test images, {frechet}", "frechet_own"),
        row("Floor", "training to test images, the same distance", "frechet_real_floor"),
        row("PCA + Gaussian", "images of random principal components to test images, the same", "frechet_pca_gaussian"),
        Numbers("Classes covered", "with a tenth of an even share of the images, confidence above 0.5", covered),
        row("Nearest training image", f"of drawn images, {mean}", "nearest_train_distance"),
        row("The same of test images", f"of real images, {mean}", "nearest_train_distance_test"),
        row("Time", "ms per image", "milliseconds"),
        Numbers("Images", "of each kind", ["–" if each is None else f"{each.drawn:,}" for each in found]),
    ]


def _explained() -> None:
    st.caption(
        "The Fréchet distance compares the means and covariances of what a small classifier sees in two sets of "
        "images: 0 is no difference. It depends on this classifier and on the number of images, so that it can be "
        "compared only with the floor and the baseline below it, and with runs on the same data and as many images. A "
        "run that repeats its training images has a small one too, but then its distance to the nearest training "
        "image comes near 0. Blurred images lie somewhat nearer to all others than real ones."
    )


def _class_table(known: "Mapping[str, Quality]") -> None:
    """How often each class is drawn, as the classifier sees it."""
    shares = {name: each.classes.shares for name, each in known.items() if each.classes is not None}
    if not shares:
        return
    with st.expander("How often each class is drawn"):
        rows = [
            Numbers(label, "", [f"{100 * each[label]:.1f} %" if label in each else "–" for each in shares.values()])
            for label in dict.fromkeys(label for each in shares.values() for label in each)
        ]
        show_numbers(rows, list(shares), "Share of the drawn images by the most probable class")
        right = [each.classes.accuracy for each in known.values() if each.classes is not None]
        sure = ", ".join(f"{100 * each:.1f} %" for each in dict.fromkeys(right) if each is not None)
        st.caption(
            "Share of the drawn images by the class that the classifier finds most probable. "
            + (f"It puts {sure} of the test images into the right class." if sure else "")
        )


def _show_lines(sides: Sequence[Side]) -> None:
    from aecore.analysis.recipes_as_code import figures_lines

    lines = figures_lines([each.run.id for each in sides])
    as_code(lines, "generate.measures")


with page("Generate", "What does a model draw when it is shown nothing, and how good is it?"):
    show()

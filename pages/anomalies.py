"""What is unlike the images a model was trained on, and where is the line to be drawn?

Reads a run, its test images and those of other classes or data sets, and pictures that a person uploads; the
experiment "anomalies", one's own and those that ship. Writes nothing but what `pages.shared.experiments` says.

    ?run=ID   the run whose training images are the normal ones
"""

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.errors import PictureError
from aecore.experiments.anomalies import ANOMALIES
from aecore.runs.folder import Run
from pages.shared.anomaly_table import FORM, show_comparison
from pages.shared.charts import show_chart
from pages.shared.experiments import show_experiments
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.matrix import Numbers, Row, Scale, digits, show_matrix, show_numbers, side_for
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import has_encoder, newest_or, pick_run
from pages.shared.pictures import Picture, Pixels
from pages.shared.results import Slot, slot
from pages.shared.theme import palette
from pages.shared.threshold_bench import Kinds, Start, pack_bench, show_bench
from pages.shared.uploads import KINDS
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.anomalies.bench import Bench
    from aecore.analysis.anomalies.detector import Detector
    from aecore.analysis.anomalies.flags import Flag, Line
    from aecore.analysis.anomalies.ranking import Ranking
    from aecore.analysis.anomalies.thresholds import QuantileBand
    from aecore.data.fitting import Fitted
    from aecore.runs.opened import OpenRun

PAGE = "anomalies"
VIEWS = {"run": "One run", "compared": "Compared on every class"}
MOST_FILES = 200
SHOWN = 12  # pictures of which more than numbers is shown
MOST_NAMED = 20  # files in the lines of code
SIDE = 96  # CSS pixels, about
BEST = "together"


@dataclass(frozen=True)
class Chosen:
    """What a person chose to flag by."""

    score: str
    quantile: float
    against: str
    alarm_price: float
    miss_price: float


def show() -> None:
    """One run with its bench and one's own pictures, or all scores compared on every class."""
    view = st.segmented_control(
        "View", list(VIEWS), default="run", required=True, format_func=lambda each: VIEWS[each], key=f"{PAGE}.view",
        label_visibility="collapsed",
    )  # fmt: skip
    if view == "compared":
        show_experiments(ANOMALIES, FORM, show_comparison)
        return
    run = pick_run(
        PAGE, has_encoder, "Normal is what this run was trained on", newest_or(lambda each: bool(each.classes))
    )
    if run is not None:
        _one_run(run)


def _one_run(run: Run) -> None:
    opened = open_for_page(run)
    st.caption(_what_is_normal(opened))
    st.page_link("train.py", label="Train on other classes or pictures", icon=":material/model_training:")
    picture, controls = st.columns([5, 2], gap="large")
    below = st.container()
    with controls:
        chosen = _choose(opened)
        files = st.file_uploader("Pictures to flag", KINDS, accept_multiple_files=True, key=f"{PAGE}.files")
        fit, invert = _fitting() if files else ("crop", False)
    with picture, errors_shown():
        place = _detector_place(str(run.path), weights_version(run))
        if not files and not place.wanted(
            "Fit the scores to the normal images", f"{PAGE}.fit", ":material/straighten:"
        ):
            st.caption("Takes about ten seconds for a data set like MNIST; after that the line can be dragged.")
            return
        detector = place.fill("Fitting to normal images, then scoring others of them …", _fit(opened))
        line, band = _line(detector, chosen)
        st.header("Threshold bench")
        threshold = _bench(opened, detector, chosen, line, band)
        line = line if threshold is None else _moved(line, threshold)
        _lines_of(run, chosen, threshold, [each.name for each in files], fit, invert)
        if files:
            with below, errors_shown():
                st.divider()
                st.header("Your pictures")
                _pictures(detector, line, [(each.name, each.getvalue()) for each in files], fit, invert)


# Each holds up to 10,000 normal images in two forms: fewer are kept than of other results.
@st.cache_resource(max_entries=4, show_spinner=False)
def _detector_place(path: str, version: int) -> "Slot[Detector]":
    return Slot()


def _what_is_normal(opened: "OpenRun") -> str:
    train, data = opened.splits.train, opened.recipe.data
    names = ", ".join(plain(train.class_names[each]) for each in data.classes)
    which = (
        f"the class{'' if len(data.classes) == 1 else 'es'} {names} of {plain(data.name)}"
        if names
        else plain(data.name)
    )
    return (
        f"Normal: {which}, {len(train):,} training images. Scores are fitted to these; thresholds are set by "
        f"{len(opened.splits.validation):,} validation images that nothing was fitted to. Train a run on some classes, "
        "or on your own pictures, to make those the normal ones."
    )


def _fit(opened: "OpenRun") -> "Callable[[Callable[[float], None]], Detector]":
    from aecore.analysis.anomalies.detector import fit_detector

    return lambda tell: fit_detector(opened, tell)


# --- choices


def _choose(opened: "OpenRun") -> Chosen:
    from aecore.analysis.anomalies.bench import NONE, OTHER_CLASSES, anomalies_for
    from aecore.analysis.anomalies.scores import SCORES
    from aecore.analysis.latent import is_variational

    keys = [key for key in SCORES if key != "neg_elbo" or is_variational(opened)]
    scope = f"{PAGE}.{opened.run.id}"
    score = st.selectbox("Score", keys, format_func=lambda each: SCORES[each].title, key=f"{scope}.score")
    st.caption(f"{SCORES[score].what} Unit: {SCORES[score].unit}.")
    quantile = st.slider(
        "Normal images to pass",
        50.0,
        99.9,
        95.0,
        0.1,
        format="%.1f %%",
        key=f"{scope}.quantile",
        help="The threshold is this quantile of the scores of normal validation images.",
    )
    sources = {OTHER_CLASSES: "The other classes", NONE: "None known"}
    against = st.selectbox(
        "Known anomalies",
        anomalies_for(opened),
        format_func=lambda each: sources.get(each, f"The data set {each}"),
        key=f"{scope}.against",
        help="Test images that stand for anomalies, to see what a threshold does. Nothing is fitted to them.",
    )
    left, right = st.columns(2)
    alarm = left.number_input("Price of a false alarm", 0.0, 1e6, 1.0, key=f"{scope}.alarm")
    miss = right.number_input("Price of a miss", 0.0, 1e6, 1.0, key=f"{scope}.miss")
    return Chosen(str(score), round(float(quantile) / 100.0, 4), str(against), float(alarm), float(miss))


def _fitting() -> tuple[str, bool]:
    fit = st.segmented_control(
        "Another shape is",
        ["crop", "pad"],
        default="crop",
        required=True,
        format_func=lambda each: {"crop": "cropped", "pad": "padded"}[each],
        key=f"{PAGE}.picture_fit",
        help="Cropped: the largest centred part is kept. Padded: all is kept, on a ground of its border's colour.",
    )
    invert = st.toggle("Invert", key=f"{PAGE}.inverted", help="Dark and light exchanged.")
    return str(fit), invert


def _line(detector: "Detector", chosen: Chosen) -> "tuple[Line, QuantileBand]":
    from aecore.analysis.anomalies.flags import draw_line

    return draw_line(detector, chosen.score, chosen.quantile)


def _moved(line: "Line", threshold: float) -> "Line":
    from aecore.analysis.anomalies.flags import moved

    return moved(line, threshold)


# --- the bench


def _bench(opened: "OpenRun", detector: "Detector", chosen: Chosen, line: "Line", band: "QuantileBand") -> float | None:
    """The bench, and where a person has put the line; None where they have not."""
    from aecore.analysis.anomalies.bench import make_bench
    from aecore.analysis.anomalies.scores import SCORES

    place: Slot[Bench] = slot(opened.run, "anomaly_bench", chosen.against)
    bench = place.fill(
        "Scoring test images …", lambda tell: make_bench(detector, opened, chosen.against, progress=tell)
    )
    score = SCORES[chosen.score]
    name = f"{opened.run.id}/{opened.epoch}/{chosen.score}/{chosen.quantile}/{chosen.against}"
    scene = pack_bench(
        key="bench",
        line=name,
        title=f"{score.title} of test images",
        unit=score.unit,
        kinds=Kinds(
            bench.normal,
            bench.anomalous,
            bench.normal_scores[chosen.score],
            bench.anomalous_scores[chosen.score],
        ),
        start=Start(line.threshold, band.low, band.high, _band_words(band), chosen.alarm_price, chosen.miss_price),
    )
    threshold = show_bench(scene, key=f"{PAGE}.bench.{name}")
    st.caption(
        f"{score.title}: {score.unit}. Test images, at most 2,000 of each kind; neither had a part in fitting or in "
        f"the threshold. {_band_sentence(band)}"
    )
    _rankings(bench, detector, chosen)
    return None if threshold is None or threshold == line.threshold else threshold


def _band_words(band: "QuantileBand") -> str:
    return f"{band.confidence:.0%} band of the {100 * band.quantile:g}\N{NO-BREAK SPACE}% quantile".replace(
        "%", "\N{NO-BREAK SPACE}%", 1
    )


def _band_sentence(band: "QuantileBand") -> str:
    said = (
        f"The {100 * band.quantile:g} % quantile of {band.images:,} normal validation images is "
        f"{digits(band.threshold)}; the true one lies between {digits(band.low)} and {digits(band.high)} with a "
        f"probability of at least {100 * band.confidence:g} %, whatever the distribution (order statistics)."
    )
    if not math.isfinite(band.high):
        said += " So few normal images give no upper end: a lower quantile, or more validation images, would."
    return said


def _rankings(bench: "Bench", detector: "Detector", chosen: Chosen) -> None:
    """Every score in numbers, the baselines below, and whether the autoencoder is worth its training."""
    from aecore.analysis.anomalies.scores import SCORES

    rankings = {key: found for key in detector.keys if (found := bench.ranking(key)) is not None}
    if not rankings:
        st.info("No anomalies are known here: there is a threshold, but no way to say how many it would catch.")
        return
    rows = [
        Numbers(SCORES[key].title + ("" if SCORES[key].of_model else " (baseline)"), SCORES[key].unit,
                [f"{100 * each.auroc:.1f}", f"{100 * each.average_precision:.1f}"])
        for key, each in rankings.items()
    ]  # fmt: skip
    with st.expander("All scores on these images"):
        _curves(bench, chosen, rankings)
        show_numbers(rows, ["AUROC × 100", "Average precision × 100"], "Every score on the test images")
        some = next(iter(rankings.values()))
        st.caption(
            f"{some.normal:,} normal and {some.anomalous:,} anomalous test images. By chance AUROC × 100 is 50 and "
            f"average precision × 100 is {100 * some.chance_precision:.0f}, the share of anomalies."
        )
    models = {key: each.auroc for key, each in rankings.items() if SCORES[key].of_model and key != BEST}
    others = {key: each.auroc for key, each in rankings.items() if not SCORES[key].of_model}
    model, other = max(models, key=models.__getitem__), max(others, key=others.__getitem__)
    said = (
        f"Of the model's own scores the best here is {SCORES[model].in_words}, AUROC × 100 "
        f"{100 * models[model]:.1f}; of the baselines, which know no model, {SCORES[other].in_words}, "
        f"{100 * others[other]:.1f}."
    )
    if models[model] <= others[other]:
        said += " This autoencoder does not beat the baselines here."
    st.write(f"{said} {SCORES[BEST].title}: {100 * rankings[BEST].auroc:.1f}.")


def _curves(bench: "Bench", chosen: Chosen, rankings: "Mapping[str, Ranking]") -> None:
    """ROC and precision against recall, of the chosen score and of the best baseline."""
    from aecore.analysis.anomalies.ranking import curves
    from aecore.analysis.anomalies.scores import SCORES
    from aecore.plots.anomalies import ranking_curves

    baselines = [key for key in rankings if not SCORES[key].of_model]
    shown = dict.fromkeys([chosen.score, max(baselines, key=lambda key: rankings[key].auroc)])
    found = {SCORES[key].title: curves(bench.normal_scores[key], bench.anomalous_scores[key]) for key in shown}
    chance = next(iter(rankings.values())).chance_precision
    show_chart(
        ranking_curves(found, chance, palette()),
        key=f"{PAGE}.curves",
        alt="ROC curve, and precision against recall, of the chosen score and the best baseline",
    )


def _lines_of(run: Run, chosen: Chosen, threshold: float | None, files: Sequence[str], fit: str, invert: bool) -> None:
    from aecore.analysis.recipes_as_code import score_lines

    named = files[:MOST_NAMED] or ["picture.png"]
    lines = score_lines(run.id, named, chosen.score, chosen.quantile, threshold, fit, invert)
    as_code(lines, "anomalies")


# --- one's own pictures


def _pictures(detector: "Detector", line: "Line", files: list[tuple[str, bytes]], fit: str, invert: bool) -> None:
    from aecore.analysis.anomalies.flags import flag_pictures

    if len(files) > MOST_FILES:
        st.info(
            f"Only the first {MOST_FILES} of {len(files):,} pictures are scored: the command line takes any number."
        )
    pictures, bad = [], []
    for name, data in files[:MOST_FILES]:
        try:
            pictures.append(_taken(name, data, detector.shape, fit, invert))
        except PictureError as error:
            bad.append(error)
    for each in bad:
        st.error(plain(str(each)), icon=":material/error:")
    if not pictures:
        return
    flags = flag_pictures(detector, pictures, line)
    flagged = sum(each.flagged for each in flags)
    st.markdown(f"**{flagged} of {len(flags)} flagged**")
    _matrix(flags[:SHOWN], detector, line)
    if len(flags) > SHOWN:
        st.caption(f"The first {SHOWN} are shown; the table has all.")
    _table(flags, line)


# As long as the session and no longer: nothing of a picture outlives it.
@st.cache_data(max_entries=MOST_FILES, show_spinner="Reading the picture …", scope="session")
def _taken(name: str, data: bytes, shape: tuple[int, int, int], fit: str, invert: bool) -> "Fitted":
    from aecore.analysis.anomalies.flags import take_picture

    return take_picture(name, data, shape, fit, invert)


def _matrix(flags: "list[Flag]", detector: "Detector", line: "Line") -> None:
    from aecore.analysis.anomalies.scores import SCORES
    from aecore.plots.heatmap import ANCHORS, heatmap
    from aecore.plots.pictures import as_bytes

    largest = detector.calibration.largest_error
    maps = heatmap(np.stack([each.error for each in flags]), largest)
    heads = [each.name for each in flags]

    def row(what: str, pictures: Sequence[Pixels]) -> list[Picture | str]:
        return [Picture(each, f"{what}: {head}") for each, head in zip(pictures, heads, strict=True)]

    repaired = list(as_bytes(np.stack([each.reconstruction for each in flags])))
    score = SCORES[line.score]
    rows = [
        Row("Flag", ["flagged" if each.flagged else "passed" for each in flags]),
        Row(score.title, [digits(each.value) for each in flags], score.unit),
        Row("Percentile", [f"{each.percentile:.1f}" for each in flags], f"among {line.images:,} normal images"),
        Row("Picture", row("Picture", [each.pixels for each in flags]), "as the model takes it"),
        Row("Error map", row("Error map", list(maps)), scale=Scale(ANCHORS, "0", f"{largest:.2f} or more")),
        Row("Repaired", row("Reconstruction", repaired), "what the model makes of it"),
        Row(
            "Nearest normal", row("Nearest normal image", [each.nearest for each in flags]), "training image, by pixels"
        ),
    ]
    side = side_for(detector.shape[2], SIDE)
    show_matrix(
        rows, heads, "Each picture with its flag, score, error map, reconstruction and nearest normal image", side
    )
    st.caption(
        f"Error map: |picture − reconstruction| of each pixel, one scale for all pictures and all sessions: of 20 "
        f"normal images 19 stay below its end, {largest:.2f}, everywhere."
    )


def _table(flags: "list[Flag]", line: "Line") -> None:
    numbers = [each.numbers(line) for each in flags]
    names = list(flags[0].scores)
    with st.expander("Table", expanded=len(flags) > SHOWN):
        st.dataframe(
            {
                "file": [each.name for each in flags],
                "flagged": [each.flagged for each in flags],
                "value": [each.value for each in flags],
                "percentile": [each.percentile for each in flags],
                **{name: [each.scores[name] for each in flags] for name in names},
            },
            hide_index=True,
        )
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    kept = [name for name in numbers[0] if name not in ("scores", "fitted")]
    writer.writerow([*kept, *names, "fitted"])
    for each, flag in zip(numbers, flags, strict=True):
        row = [each[name] for name in kept] + [flag.scores[name] for name in names] + [flag.how]
        writer.writerow([_cell(value) for value in row])
    st.download_button(
        "Download as CSV",
        file.getvalue().encode(),
        "anomalies.csv",
        "text/csv",
        key=f"{PAGE}.csv",
        icon=":material/download:",
    )


def _cell(value: object) -> object:
    """A stranger's file name must not become a formula where the table is opened."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value


with page("Anomalies", "What is unlike the images a model was trained on, and where is the line to be drawn?"):
    show()

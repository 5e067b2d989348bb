"""Which pictures are there, what do they look like, and how do I add mine?

Reads the data sets. Writes a person's own: adds and deletes them.

    ?data=KEY   the data set to look at          ?add=yes   begin with adding one's own
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from aecore.data.catalog import datasets
from aecore.data.info import DatasetInfo
from aecore.data.intake import FEWEST_PICTURES, OwnSettings, Preview, free_key, preview
from aecore.data.own import damaged_own, delete_own, fingerprint_of, skipped_of
from aecore.data.skipped import Skipped
from aecore.errors import LabError
from aecore.runs.store import Runs
from aecore.settings import describe
from pages.shared.forms import setting_widget
from pages.shared.frame import errors_shown, page
from pages.shared.intake import Intake, Source, desk
from pages.shared.live import duration
from pages.shared.matrix import Row, show_matrix, side_for
from pages.shared.pictures import Picture, show_pictures
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.datasets import ClassExamples, ClassMean, PicturePage

PAGE = "data"
LOOK, ADD = "Look", "Add your own pictures"
BY_CLASS, ALL = "By class", "All pictures"
PARTS = {"train": "Training", "validation": "Validation", "test": "Test"}
CLASSES_SHOWN = 12
SIDE = 56  # CSS pixels, about
FEW, LARGE_SIDE = 5, 112  # so few classes leave room for larger pictures
ROW = 1160  # CSS pixels: what a wide screen has beside the names of classes
FEWEST_SHOWN, MOST_SHOWN, PIXELS_SHOWN = 40, 120, 2_000_000  # pictures on a page, and the numbers they may have in all
PREVIEWED = 15
PREVIEW_SIDE = 96
CLASSES_NAMED = 8
FILES, UPLOAD, HERE = "Files or a zip", "A folder to upload", "A folder on this machine"
FITS = {"crop": "Crop to the centre", "pad": "Pad, keep everything", "patches": "Cut into squares"}
COLOURS = {"3": "Colour", "1": "Grey"}


def show() -> None:
    """The data sets to look at; beside them the way to add one's own."""
    _follow_links()
    look, add = st.tabs([LOOK, ADD], key=f"{PAGE}.tab", on_change="rerun")
    if look.open:
        with look:
            _look()
    if add.open:
        with add, errors_shown():
            _add()


def _follow_links() -> None:
    """What the address or a button asks to see: the tab, and the data set on it. An intake is not to be missed."""
    missed = f"{PAGE}.tab" not in st.session_state and desk().current is not None
    if st.query_params.pop("add", None) or missed:
        st.session_state[f"{PAGE}.tab"] = ADD
    asked = st.session_state.pop(f"{PAGE}.show", None)
    if asked is not None:
        st.session_state[f"{PAGE}.tab"] = LOOK
        st.session_state[f"{PAGE}.set"] = asked


# --- look


def _look() -> None:
    _damaged()
    known = {each.key: each for each in datasets()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        info = _pick(known)
        view = st.segmented_control("View", [BY_CLASS, ALL], default=BY_CLASS, required=True, key=f"{PAGE}.view")
        if st.button("Train on it", type="primary", icon=":material/play_arrow:", key=f"{PAGE}.train"):
            st.switch_page("train.py", query_params={"data": info.key})
    st.caption(_facts(info))
    with errors_shown():
        if view == ALL:
            _pictures(info)
        else:
            _classes(info)
    st.caption(plain(f"Source: {info.source} · Licence: {info.licence} · {info.bytes_on_disk / 1e6:,.1f} MB on disk"))
    if info.kind == "own":
        with errors_shown():
            _own(info)


def _pick(known: dict[str, DatasetInfo]) -> DatasetInfo:
    key, last = f"{PAGE}.set", f"{PAGE}.last"
    if st.session_state.get(key) not in known:
        wanted = st.query_params.get("data") or st.session_state.get(last)
        st.session_state[key] = wanted if wanted in known else next(iter(known))
    picked = str(st.selectbox("Data set", list(known), format_func=lambda each: known[each].title, key=key, width=320))
    st.session_state[last] = picked
    st.query_params["data"] = picked
    return known[picked]


def _facts(info: DatasetInfo) -> str:
    channels, height, width = info.shape
    classes = f"{len(info.class_names)} classes" if info.class_names else "no classes"
    return (
        f"{info.train:,} training, {info.validation:,} validation and {info.test:,} test images · "
        f"{height}×{width} pixels, {'grey' if channels == 1 else 'colour'} · {classes}"
    )


def _version(info: DatasetInfo) -> str:
    """Changes when other pictures come to lie under the same name."""
    return fingerprint_of(info.key) if info.kind == "own" else ""


def _classes(info: DatasetInfo) -> None:
    """Every class with its mean image and a row of its pictures, other ones at a click."""
    pages = ceil(len(info.class_names) / CLASSES_SHOWN) or 1
    place, below = st.container(), st.container(horizontal=True, vertical_alignment="center")
    draw = st.session_state.setdefault(f"{PAGE}.draw", 0)
    with below:
        st.button("Other examples", key=f"{PAGE}.other", icon=":material/shuffle:", on_click=_draw_again)
        number = st.pagination(pages, key=f"{PAGE}.classes.{info.key}") if pages > 1 else 1
    classes = tuple(range((number - 1) * CLASSES_SHOWN, min(number * CLASSES_SHOWN, len(info.class_names))))
    with place:
        means = _means(info.key, _version(info), classes)
        side = side_for(info.shape[2], LARGE_SIDE if len(means) <= FEW else SIDE)
        examples = _examples(info.key, _version(info), classes, ROW // (side + 5) - 1, draw)
        _class_rows(means, examples, side)
    averaged = max((each.averaged for each in means), default=0)
    whole = all(each.averaged == each.count for each in means)
    below.caption(f"Mean of {'all' if whole else f'{averaged:,}'} training images{' of a class' * (len(means) > 1)}.")


def _class_rows(means: "Sequence[ClassMean]", examples: "Sequence[ClassExamples]", side: int) -> None:
    rows = [
        Row(
            mean.name,
            [
                Picture(mean.mean, f"Mean of {mean.name}"),
                *(Picture(each, f"{mean.name}, example {n + 1}") for n, each in enumerate(some.images)),
            ],
            note=f"{mean.count:,} training image{'s' * (mean.count != 1)}",
        )
        for mean, some in zip(means, examples, strict=True)
    ]
    longest = max((len(row.cells) for row in rows), default=0)
    heads = ["Mean", "Examples", *[""] * longest][:longest]
    show_matrix(rows, heads, "Mean image and examples of each class", side)


def _draw_again() -> None:
    st.session_state[f"{PAGE}.draw"] += 1


@st.cache_data(max_entries=16, show_spinner="Averaging the pictures, the first time about 3 s …")
def _means(key: str, version: str, classes: tuple[int, ...]) -> "list[ClassMean]":
    from aecore.analysis.datasets import class_means

    return class_means(key, classes)


@st.cache_data(max_entries=32, show_spinner=False)
def _examples(key: str, version: str, classes: tuple[int, ...], count: int, draw: int) -> "list[ClassExamples]":
    from aecore.analysis.datasets import class_examples

    return class_examples(key, count, draw, classes)


def _pictures(info: DatasetInfo) -> None:
    """All pictures, page by page, by part and class."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = st.segmented_control(
            "Part", list(PARTS), default="train", required=True, format_func=PARTS.__getitem__, key=f"{PAGE}.part"
        )
        label = _pick_class(info)
        numbers = st.container()
    channels, height, width = info.shape
    size = min(MOST_SHOWN, max(FEWEST_SHOWN, PIXELS_SHOWN // (channels * height * width)))
    scope = f"{PAGE}.page.{info.key}.{part}.{label}"
    number = st.session_state.get(scope, 1)
    shown = _picture_page(info.key, _version(info), str(part), label, number, size)
    if shown.pages > 1:
        numbers.pagination(shown.pages, key=scope)
    last = shown.first + len(shown.images)
    st.caption(f"{shown.first + 1:,} to {last:,} of {shown.total:,} images" if last else "No image of this class here.")
    show_pictures([_picture(shown, n, label is None) for n in range(len(shown.images))], side_for(width, SIDE))


def _pick_class(info: DatasetInfo) -> int | None:
    if not info.class_names:
        return None
    picked = st.selectbox(
        "Class",
        range(-1, len(info.class_names)),
        format_func=lambda each: "All" if each < 0 else info.class_names[each],
        key=f"{PAGE}.class.{info.key}",
        width=240,
    )
    return None if picked < 0 else picked


def _picture(shown: "PicturePage", n: int, named: bool) -> Picture:
    """One picture: its class below it where several are mixed, its file and number under the pointer."""
    what = shown.classes[n] if shown.classes else "Image"
    file = shown.files[n] if shown.files else ""
    number = f"number {shown.first + n + 1:,}"
    return Picture(
        shown.images[n],
        alt=f"{what}, {number}",
        caption=what if named and shown.classes else "",
        hint=f"{file} ({number})" if file else f"{what}, {number}",
    )


@st.cache_data(max_entries=16, show_spinner="Reading the pictures, the first time about 3 s …")
def _picture_page(key: str, version: str, part: str, label: int | None, number: int, size: int) -> "PicturePage":
    from aecore.analysis.datasets import picture_page

    return picture_page(key, part, label, number, size)


def _own(info: DatasetInfo) -> None:
    with st.container(horizontal=True):
        with st.popover("Delete", icon=":material/delete:"):
            st.write(
                f"{plain(info.title)} has {info.count:,} pictures. The files it was made from stay where they are."
            )
            trained = [each for each in Runs().list() if each.dataset == info.key]
            if trained:
                runs = "One run was" if len(trained) == 1 else f"{len(trained)} runs were"
                st.write(f"{runs} trained on it and cannot be opened without it.")
            if st.button("Delete the data set", key=f"{PAGE}.delete", type="primary"):
                delete_own(info.key)
                st.rerun()
        skipped = skipped_of(info.key)
        if skipped:
            with st.popover(_skipped_title(skipped)):
                _skipped_table(skipped)


def _damaged() -> None:
    """Own data sets that cannot be listed, each with what is wrong and the way out."""
    for each in damaged_own():
        message, action = st.columns([5, 1], vertical_alignment="center")
        message.error(plain(each.reason), icon=":material/error:")
        with action, errors_shown():
            if st.button(f"Delete {each.name}", key=f"{PAGE}.delete.{each.name}", icon=":material/delete:"):
                delete_own(each.name)
                st.rerun()


def _skipped_title(skipped: Sequence[Skipped]) -> str:
    return "One file was left out" if len(skipped) == 1 else f"{len(skipped):,} files were left out"


def _skipped_table(skipped: Sequence[Skipped]) -> None:
    rows = [{"File": each.name, "Reason": each.reason} for each in skipped]
    st.dataframe(rows, hide_index=True, alt="Files that were left out, each with its reason")


# --- add


@dataclass(frozen=True)
class Given:
    """Pictures that a person gave: where they are, what they are called, and what changes when they do."""

    source: Source
    name: str
    version: tuple[object, ...]


def _add() -> None:
    current = desk().current
    if current is not None:
        _progress(current)
        return
    given = _given()
    if given is None:
        st.caption(
            "Every picture becomes the same size. Subfolders become classes: photos/cats/1.jpg and photos/dogs/2.jpg "
            "make the classes cats and dogs. What is no picture is left out and listed with the reason."
        )
        return
    picture, controls = st.columns([3, 2], gap="large")
    with controls:
        settings = _settings()
    seen = None
    with picture, errors_shown():
        seen = _previewed(given, settings)
        _preview(seen)
    with controls, errors_shown():
        _start(given, settings, seen)


def _start(given: Given, settings: OwnSettings, seen: Preview | None) -> None:
    name = st.text_input("Name of the data set", given.name, key=f"{PAGE}.name.{given.name}", max_chars=40)
    why_not = _why_not(name, seen)
    if why_not:
        st.info(plain(why_not), icon=":material/info:")
    ready = seen is not None and not why_not
    if st.button("Add", type="primary", key=f"{PAGE}.add", disabled=not ready, icon=":material/add_photo_alternate:"):
        desk().start(given.source, name, settings)
        st.rerun()


def _why_not(name: str, seen: Preview | None) -> str:
    """What still keeps the pictures from being added; "" when nothing does."""
    if seen is not None and seen.files < FEWEST_PICTURES:
        return f"A data set needs at least {FEWEST_PICTURES} pictures, and there are {seen.files}: add more."
    try:
        free_key(name)
    except LabError as error:
        return str(error)
    return ""


def _given() -> Given | None:
    way = st.segmented_control(
        "Where the pictures are", [FILES, UPLOAD, HERE], default=FILES, required=True, key=f"{PAGE}.way"
    )
    if way == HERE:
        return _on_this_machine()
    if way == UPLOAD:
        dropped = st.file_uploader(
            "Drop a folder of pictures here",
            accept_multiple_files="directory",
            key=f"{PAGE}.folder",
            max_upload_size=500,
        )
    else:
        dropped = st.file_uploader(
            "Drop pictures here (PNG, JPEG, WebP, AVIF, GIF, BMP, TIFF), or a zip of them",
            accept_multiple_files=True,
            key=f"{PAGE}.files",
        )
    return _uploaded(dropped) if dropped else None


def _on_this_machine() -> Given | None:
    typed = st.text_input(
        "Path of the folder or zip", key=f"{PAGE}.path", help="For many pictures the quickest way: nothing is uploaded."
    ).strip()
    if not typed:
        return None
    path = Path(typed)
    try:
        changed = path.expanduser().stat().st_mtime_ns
    except (OSError, ValueError, RuntimeError):
        changed = 0  # looking at it will say what is wrong
    return Given(typed, path.stem, (typed, changed))


def _uploaded(files: Sequence[UploadedFile]) -> Given:
    name = Path(files[0].name.replace("\\", "/"))
    title = name.parts[0] if len(name.parts) > 1 else name.stem if len(files) == 1 else "My pictures"
    source = [(each.name, each.getvalue()) for each in files]
    return Given(source, title[:40], tuple(each.file_id for each in files))


def _settings() -> OwnSettings:
    described = {each.name: each for each in describe(OwnSettings)}
    values: dict[str, object] = {}
    values["size"] = setting_widget(described["size"], f"{PAGE}.size", described["size"].default)
    for name, titles in (("fit", FITS), ("channels", COLOURS)):
        each = described[name]
        values[name] = st.segmented_control(
            each.label,
            list(each.choices),
            default=str(each.default),
            required=True,
            format_func=titles.__getitem__,
            key=f"{PAGE}.{name}",
            help=each.reason[:1].upper() + each.reason[1:] + ".",
        )
    if values["fit"] == "patches":
        values["shrink"] = setting_widget(described["shrink"], f"{PAGE}.shrink", described["shrink"].default)
    with st.expander("How they are split"):
        for each in described.values():
            if each.advanced and each.name != "shrink":
                values[each.name] = setting_widget(each, f"{PAGE}.{each.name}", each.default)
    return OwnSettings.from_dict(values)


def _previewed(given: Given, settings: OwnSettings) -> Preview:
    """The first pictures as they would become; looked at again only when the pictures or the settings change."""
    key, kept = f"{PAGE}.preview", (given.version, settings)
    if key not in st.session_state or st.session_state[key][0] != kept:
        with st.spinner("Looking at the first pictures, a few seconds …", show_time=True):
            st.session_state[key] = (kept, preview(given.source, settings, PREVIEWED))
    seen: Preview = st.session_state[key][1]
    return seen


def _preview(seen: Preview) -> None:
    st.markdown(f"**Preview** · {seen.files:,} files{plain(_class_words(seen))}")
    pictures = [
        Picture(image, f"{name}: {how}", of_class or Path(name).name, f"{name}: {how}")
        for image, name, how, of_class in zip(seen.images, seen.names, seen.how, seen.classes, strict=True)
    ]
    show_pictures(pictures, side_for(seen.images.shape[3], PREVIEW_SIDE))
    if seen.how:
        st.caption(plain(f"{Path(seen.names[0]).name}: {seen.how[0]}."))
    if seen.skipped:
        st.warning(f"{_skipped_title(seen.skipped)} among the first that were looked at.", icon=":material/warning:")
        _skipped_table(seen.skipped)


def _class_words(seen: Preview) -> str:
    """The classes by name while there are few, each with its files."""
    counted = [f"{name} ({count:,})" for name, count in seen.files_per_class.items()]
    if len(counted) < 2:
        return ", no classes"
    more = f" and {len(counted) - CLASSES_NAMED} more" if len(counted) > CLASSES_NAMED else ""
    return f" in {len(counted)} classes: {', '.join(counted[:CLASSES_NAMED])}{more}"


def _progress(intake: Intake) -> None:
    @st.fragment(run_every=1.0 if intake.under_way else None, key=f"{PAGE}.progress")
    def watch(was_under_way: bool) -> None:
        if was_under_way and not intake.under_way:
            st.rerun()
        if intake.under_way:
            _under_way(intake)
        else:
            _ended(intake)

    watch(intake.under_way)


def _under_way(intake: Intake) -> None:
    done, left = intake.progress, intake.seconds_left
    share = done.done / max(done.total, 1) if done else 0.0
    text = f"{done.done:,} of {done.total:,} files" if done else "opening"
    text += f", {done.skipped:,} left out" if done and done.skipped else ""
    text += f", about {duration(left)} left" if left is not None else ""
    text += ", stopping" if intake.stopping.is_set() else ""
    st.progress(min(share, 1.0), f"Taking in {plain(intake.name)}: {text}")
    st.caption("This goes on when the page is closed.")
    if st.button("Stop", key=f"{PAGE}.stop", icon=":material/stop:", disabled=intake.stopping.is_set()):
        intake.stopping.set()
        st.rerun(scope="fragment")


def _ended(intake: Intake) -> None:
    if intake.added is None:
        st.error(plain(intake.failed), icon=":material/error:")
    else:
        info, skipped = intake.added.info, intake.added.skipped
        st.success(f"{plain(info.title)} has {info.count:,} pictures.", icon=":material/check:")
        if skipped:
            st.warning(f"{_skipped_title(skipped)}.", icon=":material/warning:")
            _skipped_table(skipped)
    with st.container(horizontal=True):
        if intake.added is not None and st.button("Look at it", type="primary", key=f"{PAGE}.look"):
            st.session_state[f"{PAGE}.show"] = intake.added.info.key
            _done()
        if st.button("Add more pictures" if intake.added else "Try again", key=f"{PAGE}.again"):
            _done()


def _done() -> None:
    desk().clear()
    st.rerun()


with page("Data", "Which pictures are there, and how do I add mine?"):
    show()

"""Which pictures are there, what do they look like, and how do I add mine?

Reads the data sets. Writes a person's own: adds and deletes them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import streamlit as st

from aecore.data.catalog import datasets
from aecore.data.info import DatasetInfo
from aecore.data.intake import OwnSettings, preview
from aecore.data.own import delete_own, skipped_of
from aecore.data.skipped import Skipped
from aecore.settings import describe
from pages.shared.forms import setting_widget
from pages.shared.frame import errors_shown, page
from pages.shared.intake import Intake, Source, desk
from pages.shared.pictures import Picture, show_pictures

if TYPE_CHECKING:
    from aecore.analysis.datasets import ClassRow

PAGE = "data"
A_CLASS = 10
SIDE = 56
PREVIEWED = 16
KINDS = ["png", "jpg", "jpeg", "webp", "avif", "gif", "bmp", "tif", "tiff", "zip"]


def show() -> None:
    """The data sets to look at; beside them the way to add one's own."""
    browse, add = st.tabs(["Look", "Add your own pictures"])
    with browse:
        _browse()
    with add, errors_shown():
        _add()


# --- look


def _browse() -> None:
    known = {each.key: each for each in datasets()}
    asked = st.session_state.pop(f"{PAGE}.show", None)
    key = f"{PAGE}.set"
    if asked in known or st.session_state.get(key) not in known:
        st.session_state[key] = asked if asked in known else next(iter(known))
    info = known[str(st.selectbox("Data set", list(known), format_func=lambda each: known[each].title, key=key))]
    channels, height, width = info.shape
    columns = st.columns(4)
    columns[0].metric("Training images", f"{info.train:,}")
    columns[1].metric("Validation images", f"{info.validation:,}")
    columns[2].metric(
        "Test images", f"{info.test:,}", help="Kept for the final figures: nothing is ever chosen by them."
    )
    columns[3].metric("Size", f"{height}×{width}", help="grey" if channels == 1 else "red, green and blue")
    with errors_shown():
        _classes(info)
    st.caption(f"{info.source} · {info.licence} · {info.bytes_on_disk / 1e6:,.1f} MB on disk")
    with st.container(horizontal=True):
        if st.button("Train on it", type="primary", icon=":material/play_arrow:", key=f"{PAGE}.train"):
            st.switch_page("pages/train.py", query_params={"data": info.key})
        if info.kind == "own":
            _own(info)


def _classes(info: DatasetInfo) -> None:
    """Every class with its mean image and a row of its pictures, other ones at a click."""
    draw = st.session_state.setdefault(f"{PAGE}.draw", 0)
    rows = _rows(info.key, info.bytes_on_disk, draw)
    for row in rows:
        st.markdown(f"**{row.name}** · {row.count:,} training images")
        pictures = [Picture(row.mean, f"Mean of {row.name}", "mean")]
        pictures += [Picture(each, f"{row.name}, example {index + 1}") for index, each in enumerate(row.examples)]
        show_pictures(pictures, SIDE)
    if st.button("Other pictures", key=f"{PAGE}.other", icon=":material/shuffle:"):
        st.session_state[f"{PAGE}.draw"] = draw + 1
        st.rerun()


@st.cache_data(max_entries=16, show_spinner="Reading the pictures, at first about 3 s …")
def _rows(key: str, version: int, draw: int) -> "list[ClassRow]":
    from aecore.analysis.datasets import class_rows

    return class_rows(key, A_CLASS, draw)


def _own(info: DatasetInfo) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        st.write(f"{info.title} has {info.count:,} pictures. The files it was made from stay where they are.")
        if st.button("Delete the data set", key=f"{PAGE}.delete"):
            delete_own(info.key)
            st.rerun()
    skipped = skipped_of(info.key)
    if skipped:
        with st.popover(f"{len(skipped):,} files were skipped"):
            _skipped_table(skipped)


def _skipped_table(skipped: Sequence[Skipped]) -> None:
    rows = [{"File": each.name, "Reason": each.reason} for each in skipped]
    st.dataframe(rows, hide_index=True, alt="Files that were skipped, each with its reason")


# --- add


def _add() -> None:
    current = desk().current
    if current is not None:
        _progress(current)
        return
    source = _source()
    if source is None:
        return
    settings = _settings()
    _preview(source, settings)
    name = st.text_input("Name of the data set", key=f"{PAGE}.name", max_chars=40)
    if st.button("Add", type="primary", key=f"{PAGE}.add", disabled=not name, icon=":material/add_photo_alternate:"):
        desk().start(source, name, settings)
        st.rerun()


def _source() -> Source | None:
    st.write("Every picture becomes the same size. Subfolders become the names of classes.")
    way = st.segmented_control(
        "Where the pictures are",
        ["Files or a zip", "A folder to upload", "A folder on this machine"],
        default="Files or a zip",
        required=True,
        key=f"{PAGE}.way",
    )
    if way == "A folder on this machine":
        path = st.text_input("Path of the folder or zip", key=f"{PAGE}.path")
        return path.strip() or None
    several: Literal["directory"] | bool = "directory" if way == "A folder to upload" else True
    dropped = st.file_uploader(
        "Pictures: PNG, JPEG, WebP, AVIF, GIF, BMP, TIFF, or a zip of them",
        type=KINDS,
        accept_multiple_files=several,
        key=f"{PAGE}.files.{several}",
    )
    files = dropped if isinstance(dropped, list) else [dropped] if dropped else []
    return [(each.name, each.getvalue()) for each in files] or None


def _settings() -> OwnSettings:
    described = describe(OwnSettings)
    values: dict[str, object] = {}
    columns = st.columns(3)
    first = [each for each in described if not each.advanced]
    for index, each in enumerate(first):
        with columns[index % 3]:
            values[each.name] = setting_widget(each, f"{PAGE}.{each.name}", each.default)
    with st.expander("How they are split"):
        for each in described:
            if each.advanced:
                values[each.name] = setting_widget(each, f"{PAGE}.{each.name}", each.default)
    return OwnSettings.from_dict(values)


def _preview(source: Source, settings: OwnSettings) -> None:
    with st.spinner("Looking at the first pictures, a few seconds …", show_time=True):
        seen = preview(source, settings, PREVIEWED)
    classes = f" in {len(seen.files_per_class)} classes" if len(seen.files_per_class) > 1 else ""
    st.markdown(f"**Preview** · {seen.files:,} files{classes}")
    show_pictures(
        [
            Picture(image, f"{name}: {how}", name)
            for image, name, how in zip(seen.images, seen.names, seen.how, strict=True)
        ],
        88,
    )
    if seen.how:
        st.caption(f"The first one was {seen.how[0]}.")
    if seen.skipped:
        st.warning(f"{len(seen.skipped)} of the files looked at cannot be used.")
        _skipped_table(seen.skipped)


def _progress(intake: Intake) -> None:
    @st.fragment(run_every=1.0 if intake.under_way else None, key=f"{PAGE}.progress")
    def watch(was_under_way: bool) -> None:
        if was_under_way and not intake.under_way:
            st.rerun()
        _state(intake)

    watch(intake.under_way)


def _state(intake: Intake) -> None:
    if intake.under_way:
        done = intake.progress
        share = done.done / max(done.total, 1) if done else 0.0
        text = f"{done.done:,} of {done.total:,} files, {done.skipped:,} skipped" if done else "opening"
        st.progress(share, f"Taking in {intake.name}: {text}")
        if st.button("Stop", key=f"{PAGE}.stop", icon=":material/stop:"):
            intake.stopping.set()
        return
    if intake.added is not None:
        info = intake.added.info
        st.success(f"{info.title} has {info.count:,} pictures.", icon=":material/check:")
        if intake.added.skipped:
            st.warning(f"{len(intake.added.skipped):,} files were skipped.")
            _skipped_table(intake.added.skipped)
        if st.button("Look at it", type="primary", key=f"{PAGE}.look"):
            st.session_state[f"{PAGE}.show"] = info.key
            _done()
    else:
        st.error(intake.failed, icon=":material/error:")
    if st.button("Add more pictures", key=f"{PAGE}.again"):
        _done()


def _done() -> None:
    desk().clear()
    st.rerun()


with page("Data", "Which pictures are there, and how do I add mine?"):
    show()

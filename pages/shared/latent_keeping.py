"""What a person keeps of a latent space: groups of images with the run, the direction between two of them, a walk as a
film.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from aecore.browser.canvas import Along, KeptGroup
from aecore.errors import LabError
from pages.shared.canvas import Act
from pages.shared.latent_scenes import Seen
from pages.shared.results import slot
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.directions import Direction
    from aecore.runs.groups import Group
    from aecore.runs.opened import OpenRun

FPS = 24  # images a second
SIDE = 224  # pixels of the longer side of a film, about
REACH = 1.5  # of the distance between two groups' means: how far a slider goes beyond the middle, at least
FORMATS = {"gif": "GIF", "mp4": "MP4", "png": "PNG strip"}
MEDIA_TYPES = {"gif": "image/gif", "mp4": "video/mp4", "png": "image/png"}
WAYS = ("straight", "spherical", "drawn")
UNWANTED = "This is nothing that the canvas can ask for: reload the page."


class Keeping:
    """The groups and the walk of one run, on one page of one visit."""

    def __init__(self, page: str, opened: "OpenRun"):
        from aecore.runs.groups import Groups

        self.page, self.opened, self.run = page, opened, opened.run
        self._groups = Groups(opened.run, opened.splits)
        self._walk_key, self._said_key = f"{page}.walk.{self.run.id}", f"{page}.said"

    def act(self, act: Act) -> None:
        """Do what was asked for in the canvas. What cannot be done is said when the page is shown."""
        try:
            if act.kind == "keep_group":
                self._groups.add(str(act.values["name"]), [int(each) for each in act.values["ids"]])
            elif act.kind == "drop_group":
                self._groups.delete(str(act.values["name"]))
            elif act.kind == "save_walk":
                st.session_state[self._walk_key] = _checked(act.values)
        except LabError as error:
            st.session_state[self._said_key] = str(error)
        except (KeyError, TypeError, ValueError):
            st.session_state[self._said_key] = UNWANTED

    def show_said(self) -> None:
        """What could not be done."""
        if said := st.session_state.pop(self._said_key, None):
            st.error(plain(said), icon=":material/error:")

    def groups(self) -> "tuple[Group, ...]":
        """Those that can be used. What is wrong with the others, or with all, is said."""
        try:
            found = self._groups.list()
        except LabError as error:
            st.warning(plain(str(error)))
            return ()
        for each in found:
            if each.problem:
                st.warning(plain(each.problem))
        return tuple(each for each in found if each.usable)

    def walk(self, seen: Seen) -> None:
        """The film of the walk that was asked for, to be downloaded, and the command that makes it again."""
        asked = st.session_state.get(self._walk_key)
        if asked is None:
            return
        kind, title = asked["format"], FORMATS[asked["format"]]
        with st.spinner(f"Making the {title} …", show_time=True):
            content = _film(str(self.run.path), self.opened.epoch, repr(asked), self.opened, seen, asked)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.download_button(
                f"Download the walk ({title}, {len(content) / 1000:,.0f} kB)",
                content,
                file_name=f"walk-{self.run.id}.{kind}",
                mime=MEDIA_TYPES[kind],
                icon=":material/download:",
                key=f"{self.page}.download",
            )
            if words := self._which(asked, seen):
                command = f"python -m aecore walk {self.run.id} -o walk.{kind} {words}"
                st.code(f"{command} --enlarge {enlargement(self.opened)}", language="sh", wrap_lines=True)

    def _which(self, asked: dict[str, Any], seen: Seen) -> str:
        """What the command is told of the walk; "" where the map shows so few images that it has a plane of its own."""
        drawn = bool(seen.scene.header["drawn"])
        if asked["way"] != "drawn":
            stops = ",".join(map(str, asked["stops"]))
            return f"{'' if drawn else '--split all '}--stops {stops} --way {asked['way']}"
        line = " ".join(f"{np.float32(x)},{np.float32(y)}" for x, y in asked["line"])
        if seen.plane:
            return f"--plane {seen.plane} --line='{line}'"
        splits, split = self.opened.splits, seen.map.split
        whole = drawn or len(seen.map.codes) == (splits.count if split == "all" else len(getattr(splits, split)))
        return f"{'' if drawn else f'--split {split} '}--line='{line}'" if whole else ""


def kept(groups: "tuple[Group, ...]") -> tuple[KeptGroup, ...]:
    """Groups as the canvas takes them."""
    return tuple(KeptGroup(each.name, each.images) for each in groups)


def own_direction(page: str, opened: "OpenRun", seen: Seen, groups: "tuple[Group, ...]") -> tuple[Along, ...]:
    """The direction between two groups that a person chooses, with what it is worth; none without two groups."""
    if len(groups) < 2:
        return ()
    names = [each.name for each in groups]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = st.selectbox("Direction from", names, key=f"{page}.from")
        second = st.selectbox("to", names, index=1, key=f"{page}.to")
    if first == second:
        st.caption("Choose two different groups: a direction leads from one to the other.")
        return ()
    one, two = (next(each for each in groups if each.name == name) for name in (first, second))
    place = slot(opened.run, "direction", one.images.tobytes(), two.images.tobytes(), len(seen.map.codes))
    try:
        found: Direction = place.fill("Measuring the direction", lambda _: _direction(opened, seen, one, two))
    except LabError as error:
        st.warning(plain(str(error)))
        return ()
    _show_worth(found, first, second)
    reach = REACH * found.worth.length
    return (Along(f"{first} → {second}", found.unit, found.middle, -reach, reach),)


def _direction(opened: "OpenRun", seen: Seen, one: "Group", two: "Group") -> "Direction":
    from aecore.analysis.directions import direction_between

    return direction_between(opened, one.images, two.images, seen.map.codes)


def _show_worth(found: "Direction", first: str, second: str) -> None:
    worth = found.worth
    low, high = worth.r2_band
    near, far = worth.angle_band_degrees
    st.caption(
        f"**{first} → {second}**, of {found.counts[0]:,} and {found.counts[1]:,} images: the direction explains "
        f"{worth.r2:.0%} of the differences along it (95 % band {low:.0%} to {high:.0%}; groups made by chance "
        f"{worth.r2_random_mean:.0%}) and orders {worth.auroc:.1%} of the pairs that it was not made of. Another "
        f"sample would turn it by {worth.angle_degrees:.0f}° ({near:.0f}° to {far:.0f}°). It holds "
        f"{worth.map_share:.0%} of the variance of all codes. {found.note}"
    )


def enlargement(opened: "OpenRun") -> int:
    """How many times a film is larger than the images."""
    return max(1, round(SIDE / max(opened.splits.shape[1:])))


def _checked(values: Any) -> dict[str, Any]:
    """A walk as the canvas tells it. ValueError for anything that it cannot tell."""
    if values["format"] not in FORMATS or values["way"] not in WAYS:
        raise ValueError
    return {
        "format": values["format"],
        "way": values["way"],
        "stops": [int(each) for each in values["stops"]],
        "line": [(float(x), float(y)) for x, y in values["line"]],
    }


@st.cache_data(max_entries=4, show_spinner=False)
def _film(path: str, epoch: int, which: str, _opened: "OpenRun", _seen: Seen, _asked: dict[str, Any]) -> bytes:
    from aecore.analysis.film import film
    from aecore.analysis.walks import walk_along, walk_over

    if _asked["way"] == "drawn":
        images = walk_along(_opened, _seen.map, np.array(_asked["line"], np.float32)).images
    else:
        images = walk_over(_opened, _asked["stops"], way=_asked["way"]).images
    return film(images, _asked["format"], FPS, enlargement(_opened))

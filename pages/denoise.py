"""How much noise can be taken out of a picture, and what goes with it?

Reads a picture that a person uploads and the runs of denoising. Writes nothing.

The strength of noise that is added is a slider of the comparison, where the noisy picture follows it (LiveNoise). Each
kind keeps its own for the visit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.shared.background import Progress, whole_picture
from pages.shared.before_after import LiveNoise, Scale, noise_told, show_before_after
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.opened import open_for_page, weights_version
from pages.shared.pickers import pick_run, takes_noise_out
from pages.shared.restored import FORMATS, offer, pick_orientations, progress_shown, scores_of, show_scores
from pages.shared.uploads import Part, Upload, pick_part, pick_picture

if TYPE_CHECKING:
    from aecore.analysis.restoring.curve import NoiseCurves
    from aecore.analysis.restoring.files import Made
    from aecore.runs.opened import OpenRun

PAGE = "denoise"
COMPARE = f"{PAGE}.compare"
Pixels = npt.NDArray[np.uint8]

SHOWN = 288  # pixels a side of the part
CLEAN, NOISY = "Clean", "Noisy"
AS_IT_IS = "none"
STRONGEST = 75  # grey levels of 255
USUAL = 25
MOST_KEPT = 24
ADDED = {
    AS_IT_IS: "None: it is noisy already",
    "gaussian": "Gaussian",
    "salt_pepper": "Salt and pepper",
    "masking": "Dropout (masking)",
}
SHARE = Scale("Pixels lost", usual=5, most=50, whole=100, before="", after=" %")
SCALES = {
    "gaussian": Scale("Noise", usual=USUAL, most=STRONGEST, whole=255, before="σ ", after=" of 255"),
    "salt_pepper": SHARE,
    "masking": SHARE,
}


@dataclass(frozen=True)
class Added:
    """Noise that is added to a picture: a corruption and its strength on the slider."""

    kind: str
    value: int
    seed: int

    @property
    def strength(self) -> float:
        """In the unit of the corruption."""
        return self.value / SCALES[self.kind].whole

    @property
    def which(self) -> tuple[str, int, int]:
        """What tells it from others in the session: this class is made anew at every run of the page."""
        return self.kind, self.value, self.seed

    @property
    def levels(self) -> int | None:
        """The standard deviation of Gaussian noise in grey levels; None for other kinds."""
        return self.value if self.kind == "gaussian" else None


class Asked(NamedTuple):
    """How the model is asked: a tuple, because it tells answers apart in the session."""

    told: float | None  # strength of the noise in grey levels; None to let the model estimate it
    orientations: int


def show() -> None:
    """The comparison first, the choices beside it; below it quality against noise and the whole picture."""
    run = pick_run(PAGE, takes_noise_out, label="Model")
    if run is None:
        return
    opened = open_for_page(run)
    picture, controls = st.columns([3, 1], gap="large")
    with controls:
        upload = None
        with errors_shown():
            upload = pick_picture(PAGE)
        added = _pick_noise()
        asked = Asked(_pick_strength(opened, added), pick_orientations(PAGE))
        part = None if upload is None else pick_part(PAGE, upload.pixels, SHOWN)
    with picture:
        if upload is None or part is None:
            st.info(
                "Add a picture, clean or noisy, or take a sample: the model is compared on a part of it with methods "
                "that learned nothing.",
                icon=":material/add_photo_alternate:",
            )
            return
        with errors_shown():
            _answer(opened, upload, part, added, asked)


def _pick_noise() -> Added:
    kind = str(
        st.selectbox(
            "Noise that is added",
            list(ADDED),
            1,
            format_func=lambda each: ADDED[each],
            key=f"{PAGE}.kind",
            help="How much of it is the slider above the picture.",
        )
    )
    if kind == AS_IT_IS:
        return Added(kind, 0, 0)
    key = f"{PAGE}.draw"
    draw = int(st.session_state.setdefault(key, 0))
    if st.button("Draw again", key=f"{PAGE}.again", icon=":material/shuffle:"):
        draw += 1
        st.session_state[key] = draw
    return Added(kind, _value(kind), draw)


def _value(kind: str) -> int:
    """Where the slider of this kind was left. It outlives the comparison, which goes when there is no picture."""
    left: dict[str, int] = st.session_state.setdefault(f"{PAGE}.left", {})
    told = noise_told(COMPARE)
    if told is not None:
        left[told[0]] = told[1]
    scale = SCALES[kind]
    return min(max(left.get(kind, scale.usual), 0), scale.most)


def _pick_strength(opened: "OpenRun", added: Added) -> float | None:
    """What the model is told, in grey levels; None to let it estimate."""
    estimates = st.toggle(
        "The model estimates the noise",
        True,
        key=f"{PAGE}.estimates",
        help="Otherwise it is told: less keeps detail and noise, more smooths both away.",
    )
    if estimates:
        return None
    usual = added.levels if added.levels is not None else USUAL
    return float(st.slider("Told (of 255 grey levels)", 0, STRONGEST, usual, key=f"{PAGE}.told"))


def _answer(opened: "OpenRun", upload: Upload, part: Part, added: Added, asked: Asked) -> None:
    from aecore.analysis.restoring.classical import TITLES, methods

    noisy = _noisy(upload, part, added)
    made, level = _denoised(opened, upload, part, added, asked)
    layers: dict[str, Pixels] = {} if added.kind == AS_IT_IS else {CLEAN: part.of(upload.pixels)}
    name = "Model"
    layers |= {NOISY: noisy, name: made}
    assumed = level if added.levels is None else added.levels
    with st.spinner("Non-local means and total variation …"):
        layers |= {TITLES[each]: _classical(noisy, each, assumed) for each in methods()}
    show_before_after(layers, key=COMPARE, left=NOISY, right=name, noise=_live(noisy, added))
    height, width = upload.pixels.shape[:2]
    said = f"The model {'estimates' if asked.told is None else 'is told'} noise of {level:.1f}"
    others = f"the others are told {assumed:.1f}"
    st.caption(
        f"{upload.described}. Shown: {part.width} × {part.height} pixels of {width:,} × {height:,}. {said} of 255 grey "
        f"levels, {others}."
    )
    if added.kind != AS_IT_IS:
        made_of = {each: pixels for each, pixels in layers.items() if each != CLEAN}
        scores = scores_of(layers[CLEAN], made_of, 0)
        show_scores(scores, "over the part shown", "How far each is from the clean picture")
    left, right = st.columns(2, gap="large")
    with left:
        _curve(opened, upload, part, asked.orientations)
    with right:
        _whole(opened, upload, added, asked)


def _live(noisy: Pixels, added: Added) -> LiveNoise | None:
    if added.kind == AS_IT_IS:
        return None
    from aecore.analysis.restoring.denoise import noise_field

    field = noise_field(noisy.shape, added.kind, added.seed)
    return LiveNoise(CLEAN, NOISY, added.kind, added.value, SCALES[added.kind], field)


def _noisy(upload: Upload, part: Part, added: Added) -> Pixels:
    clean = part.of(upload.pixels)
    return clean if added.kind == AS_IT_IS else _with_noise(clean, added)


def _with_noise(clean: Pixels, added: Added) -> Pixels:
    from aecore.analysis.restoring.denoise import with_noise

    return with_noise(clean, added.kind, added.strength, added.seed)


def _denoised(opened: "OpenRun", upload: Upload, part: Part, added: Added, asked: Asked) -> tuple[Pixels, float]:
    """The part without its noise, and the strength that the model was told. Kept for the visit."""
    from aecore.analysis.restoring.denoise import denoised

    version = (str(opened.run.path), weights_version(opened.run))
    found = _kept(
        (upload.digest, part, added.which, asked, version),
        lambda tell: denoised(_noisy(upload, part, added), opened, asked.told, tell, asked.orientations),
        "Taking the noise out …",
    )
    return found.picture, found.noise_std


def _classical(noisy: Pixels, method: str, levels: float) -> Pixels:
    from aecore.analysis.restoring.classical import classically_denoised

    made = classically_denoised((noisy / 255).astype(np.float32), method, levels / 255)
    return np.rint(made * 255).astype(np.uint8)


def _kept(which: object, make: Callable[[Progress], Any], waiting: str) -> Any:
    kept: dict[object, Any] = st.session_state.setdefault(f"{PAGE}.kept", {})
    if which not in kept:
        with progress_shown(waiting) as tell:
            made = make(tell)
        while len(kept) >= MOST_KEPT:
            del kept[next(iter(kept))]
        kept[which] = made
    return kept[which]


def _curve(opened: "OpenRun", upload: Upload, part: Part, orientations: int) -> None:
    """PSNR against the strength of Gaussian noise on the part shown, taken as clean."""
    st.header("Quality against noise")
    st.caption("The part shown, taken as clean, with Gaussian noise of each strength; every method is told it.")
    version = (str(opened.run.path), weights_version(opened.run))
    which = ("curve", upload.digest, part, orientations, version)
    kept: dict[object, Any] = st.session_state.setdefault(f"{PAGE}.kept", {})
    if which not in kept and not st.button("Draw the curve", key=f"{PAGE}.curve", icon=":material/show_chart:"):
        return
    from aecore.analysis.restoring.curve import noise_curves
    from aecore.plots.restoring import noise_curves as drawn
    from pages.shared.charts import show_chart
    from pages.shared.theme import palette

    found: NoiseCurves = _kept(
        which,
        lambda tell: noise_curves(part.of(upload.pixels), opened, progress=tell, orientations=orientations),
        "Eight strengths …",
    )
    show_chart(drawn(found, palette()), key=f"{PAGE}.chart", alt="PSNR against the strength of the noise, by method")


def _whole(opened: "OpenRun", upload: Upload, added: Added, asked: Asked) -> None:
    st.header("The whole picture")
    wanted = str(st.selectbox("As", list(FORMATS), format_func=lambda each: FORMATS[each], key=f"{PAGE}.format"))
    height, width = upload.pixels.shape[:2]
    version = (opened.run.id, weights_version(opened.run))
    made = whole_picture(
        f"{PAGE}.whole",
        (upload.digest, added.which, asked, wanted, version),
        f"Denoise all {width:,} × {height:,} pixels",
        ":material/blur_off:",
        lambda tell: _file(opened, upload, added, asked, wanted, tell),
    )
    if made is not None:
        offer(made, upload.name, "denoised", wanted, f"{PAGE}.download")
        how = "estimated" if made.estimated else "told"
        st.caption(f"Noise of {made.noise_std:.1f} of 255 grey levels ({how}) was taken out.")
    if added.kind == AS_IT_IS:
        from aecore.analysis.recipes_as_code import denoise_lines

        lines = denoise_lines(opened.run.id, upload.name, asked.told, wanted, asked.orientations)
        as_code(lines, "denoise")


def _file(opened: "OpenRun", upload: Upload, added: Added, asked: Asked, kind: str, tell: Progress) -> "Made":
    from aecore.analysis.restoring.files import denoised_file
    from aecore.data.pictures import Picture

    pixels = upload.pixels if added.kind == AS_IT_IS else _with_noise(upload.pixels, added)
    height, width, _ = pixels.shape
    taken = Picture(upload.name, pixels, height, width, "", upload.notes)
    return denoised_file(taken, opened, asked.told, kind, tell, asked.orientations)


with page("Denoise", "How much noise can be taken out of a picture, and what goes with it?"):
    show()

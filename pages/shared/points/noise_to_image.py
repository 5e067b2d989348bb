"""Noise becomes an image: any step under a slider, and the same noise in one step and in many."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.charts import show_chart
from pages.shared.matrix import Row, show_matrix, side_for
from pages.shared.opened import weights_version
from pages.shared.pictures import Picture
from pages.shared.points import newest
from pages.shared.theme import palette
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.noise_to_image import NoiseToImage, SameNoise
    from aecore.runs.opened import OpenRun

SIDE = 56
STEPS = (5, 10, 20, 50, 100)
IN_TURN = "Each in turn"
GUIDANCE = (0.0, 1.0, 2.0, 3.0, 5.0)


def show(key: str, dataset: str) -> None:
    """The picture."""
    opened = newest(lambda each: each.variant == "diffusion" and each.dataset == dataset)
    if opened is None:
        _mixing(dataset)
        st.caption("Train a diffusion run on these images to watch the way back, from noise to an image.")
        return
    label, guidance, steps = _choices(key, opened)
    version = weights_version(opened.run)
    _way(key, opened, _drawn(opened.run.id, version, steps, label, guidance, opened))
    _one_and_many(_compared(opened.run.id, version, label, guidance, opened))


def _mixing(dataset: str) -> None:
    """What training shows the model: an image with ever more noise."""
    from aecore.analysis.demonstrations.noise_to_image import MIXED_TIMES, mixed
    from aecore.data.catalog import load
    from aecore.plots.pictures import as_bytes

    st.subheader("An image gives way to noise", anchor=False)
    image = load(dataset).test.images[0]
    cells = [
        Picture(each, f"Image at time {time:g}", f"t = {time:g}")
        for each, time in zip(as_bytes(mixed(image)), MIXED_TIMES, strict=True)
    ]
    show_matrix([Row("Noisy image", cells)], [], "A test image under ever more noise", side_for(image.shape[2], SIDE))


def _choices(key: str, opened: "OpenRun") -> tuple[int | None, float, int]:
    """Class, guidance and number of steps."""
    names = opened.splits.train.class_names
    columns = st.columns(3)
    label = None
    if opened.splits.classes:
        options = [IN_TURN, *range(opened.splits.classes)]
        picked = columns[0].selectbox(
            "Class",
            options,
            format_func=lambda each: each if each == IN_TURN else names[each] if each < len(names) else str(each),
            key=f"{key}.class.{opened.run.id}",
        )
        label = None if picked == IN_TURN else int(picked)
        guidance = columns[1].select_slider(
            "Guidance",
            GUIDANCE,
            1.0,
            key=f"{key}.guidance",
            help="0 draws without the class, 1 with it as learned, more exaggerates what the class changes.",
        )
    else:
        guidance = 1.0
    steps = columns[2].select_slider("Steps in all", STEPS, 20, key=f"{key}.steps")
    return label, float(guidance), int(steps)


def _way(key: str, opened: "OpenRun", way: "NoiseToImage") -> None:
    """State and guess at one step."""
    from aecore.plots.diffusion import noise_schedule
    from aecore.plots.pictures import as_bytes

    st.subheader("Noise becomes an image", anchor=False)
    step = int(st.slider("Step", 0, way.steps, way.steps // 2, key=f"{key}.step.{way.steps}"))
    states, guesses = as_bytes(way.images[step]), as_bytes(way.guesses[step])
    rows = [
        Row(
            "After this step" if step else "Noise",
            [Picture(each, f"Image {n + 1} after step {step}") for n, each in enumerate(states)],
            f"t = {way.times[step]:.2f}",
        ),
        Row(
            "Guess",
            [Picture(each, f"Guess of image {n + 1} after step {step}") for n, each in enumerate(guesses)],
            "of the clean image",
        ),
    ]
    side = side_for(states.shape[3], SIDE)
    show_matrix(rows, _heads(opened, way), f"Images after step {step} of {way.steps}", side)
    st.caption(
        f"By {plain(opened.run.about()['name'])}. Image and noise make up "
        f"{100 * float(way.signal[step]):.0f} and {100 - 100 * float(way.signal[step]):.0f} % of the variance."
    )
    schedule = opened.composition.model.noising.schedule  # type: ignore[union-attr]
    show_chart(
        noise_schedule(way, str(schedule), step, palette()),
        key=f"{key}.schedule",
        alt="Share of image and of noise in the variance against time, with the steps",
    )


def _heads(opened: "OpenRun", way: "NoiseToImage") -> list[str]:
    names = opened.splits.train.class_names
    if way.labels is None:
        return []
    return [names[label] if label < len(names) else str(label) for label in way.labels]


def _one_and_many(same: "SameNoise") -> None:
    from aecore.plots.pictures import as_bytes

    st.subheader("One step is the denoising autoencoder, many are diffusion", anchor=False)
    rows = [
        Row(
            f"{count} step{'s' if count > 1 else ''}",
            [Picture(each, f"Image {n + 1} in {count} steps") for n, each in enumerate(as_bytes(images))],
            f"{milliseconds:.3g} ms per image",
        )
        for count, images, milliseconds in zip(same.counts, same.images, same.milliseconds_per_image, strict=True)
    ]
    show_matrix(rows, [], "The same noise drawn in different numbers of steps", side_for(same.images.shape[4], SIDE))
    st.caption(
        "The same noise in every row. Asked once, the network can only answer with the mean of what could be behind "
        f"the noise. Wall clock on this machine, {same.images.shape[1]} images at once."
    )


@st.cache_data(max_entries=8, show_spinner="Drawing every step, about a second …")
def _drawn(
    run_id: str, version: int, steps: int, label: int | None, guidance: float, _opened: "OpenRun"
) -> "NoiseToImage":
    from aecore.analysis.demonstrations.noise_to_image import noise_to_image

    return noise_to_image(_opened, steps, label, guidance)


@st.cache_data(max_entries=8, show_spinner="Drawing in 1 to 100 steps, about 3 s …")
def _compared(run_id: str, version: int, label: int | None, guidance: float, _opened: "OpenRun") -> "SameNoise":
    from aecore.analysis.demonstrations.noise_to_image import same_noise

    return same_noise(_opened, label=label, guidance=guidance)

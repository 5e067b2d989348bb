"""Images of a GAN as they improve, and how its game went."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.charts import show_chart
from pages.shared.matrix import Row, show_matrix, side_for
from pages.shared.pictures import Picture
from pages.shared.points import newest
from pages.shared.results import Progress, Slot, slot
from pages.shared.theme import palette
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.classes import Classes
    from aecore.runs.opened import OpenRun

SIDE = 56
SHOWN = 8  # images of each epoch


def show(key: str, dataset: str) -> None:
    """The picture."""
    from aecore.analysis.demonstrations.adversaries import game
    from aecore.plots.adversaries import game_panels

    st.subheader("The same codes after more and more epochs, and how the game went", anchor=False)
    opened = newest(lambda each: each.variant == "gan" and each.dataset == dataset)
    if opened is None:
        st.caption("Train a GAN on these images: its samples, losses and beliefs are shown here epoch by epoch.")
        return
    shown, name = game(opened.run), plain(opened.run.about()["name"])
    for warning in shown.warnings:
        st.warning(warning)
    rows = [
        Row(f"Epoch {epoch}", [Picture(each, f"Epoch {epoch}, sample {n + 1}") for n, each in enumerate(samples)])
        for epoch, samples in (
            (epoch, samples[:SHOWN]) for epoch, samples in zip(shown.shown, shown.samples, strict=True)
        )
        if len(samples)
    ]
    if rows:
        side = side_for(shown.samples[-1].shape[3], SIDE)
        show_matrix(rows, [], "Images from the same codes after recorded epochs", side)
    panels = game_panels(shown, palette()).items()
    for column, (index, (title, figure)) in zip(st.columns(len(panels)), enumerate(panels), strict=True):
        with column:
            st.markdown(f"**{title}**")
            show_chart(figure, key=f"{key}.{index}", alt=f"{title}, against epochs")
    st.caption(
        f"{name}, means over the validation images. Dotted: the losses and the probability of a discriminator that "
        "cannot tell (1.39 and 0.69 nats, 0.5), and the diversity below which the generator is said to have collapsed. "
        "Diversity is the mean distance in pixels between two generated images over that between two real ones."
    )
    _classes(key, opened)


def _classes(key: str, opened: "OpenRun") -> None:
    """How many of the classes appear, in words. A classifier that has to be trained first is asked for."""
    from aecore.analysis.classes import DRAWN, OF_EVEN_SHARE, SURE
    from aecore.jobs.classifiers import has_classifier
    from aecore.training.classifier import can_classify

    if not can_classify(opened.splits.train):
        return
    found: Slot[Classes] = slot(opened.run, "classes")
    if not has_classifier(opened.splits) and not found.wanted(
        "Look for classes", f"{key}.classes", ":material/search:"
    ):
        return
    seen = found.fill("Drawing images and looking at their classes …", partial(_drawn, opened))
    shares = ", ".join(f"{plain(name)} {share:.0%}" for name, share in seen.shares.items())
    st.markdown(f"**{seen.covered} of {seen.of} classes appear** among {DRAWN:,} images: {shares}.")
    st.caption(
        "Shares by the class that the lab’s own classifier finds most probable. A class appears when it has at least "
        f"{OF_EVEN_SHARE / seen.of:.1%} of the images with a confidence above {SURE:g}, as on the page Generate."
    )


def _drawn(opened: "OpenRun", tell: Progress) -> "Classes":
    from aecore.analysis.classes import classes_drawn
    from aecore.jobs.classifiers import classifier_for

    learned = classifier_for(opened.splits, lambda done: tell(0.9 * done))
    assert learned is not None  # there are classes to tell apart
    return classes_drawn(opened, learned)

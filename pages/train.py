"""Which autoencoder, on which pictures, and how does it learn?

Reads the variants, the data sets and the run under way. Writes a new run and starts its process.

    ?variant=KEY   the variant to begin with          ?run=ID   the run to watch
"""

from typing import TYPE_CHECKING

import streamlit as st

from aecore.data.catalog import datasets
from aecore.data.info import DatasetInfo
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.runs.summary import UNDER_WAY, RunSummary
from aecore.settings import Value
from aecore.variants.catalog import VARIANTS
from aecore.variants.variant import Variant
from pages.shared.forms import recipe_form
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.keys import RUN, remember_run
from pages.shared.live import duration, show_run
from pages.shared.points import show_point

if TYPE_CHECKING:
    from aecore.analysis.estimate import Estimate
    from aecore.training.recipe import Recipe

PAGE = "train"


def show() -> None:
    """What is being trained on the left, what to train next on the right."""
    picture, controls = st.columns([3, 2], gap="large")
    with controls:
        variant, recipe = _choices()
    with picture:
        watched = _watched()
        if watched is not None:
            show_run(watched, PAGE)
            st.divider()
        _explain(variant, recipe, watched)


def _watched() -> Run | None:
    """The run in the address, otherwise the one under way; several can be switched between."""
    runs = Runs()
    listed = {each.id: each for each in runs.list()}
    active = [each for each in listed.values() if each.state in UNDER_WAY]
    wanted = st.query_params.get(RUN, "")
    shown = list(dict.fromkeys([*(each.id for each in reversed(active)), *([wanted] if wanted in listed else [])]))
    if not shown:
        return None
    if len(shown) > 1:
        key = f"{PAGE}.watch"
        if st.session_state.get(key) not in shown:
            st.session_state[key] = wanted if wanted in shown else shown[0]
        picked = st.segmented_control("Runs under way", shown, format_func=lambda each: _tab(listed[each]), key=key)
        return runs.get(str(picked or shown[0]))
    return runs.get(shown[0])


def _tab(summary: RunSummary) -> str:
    return f"{summary.name} ({summary.state})"


def _choices() -> "tuple[Variant, Recipe | None]":
    """The form; returns the variant and the recipe as it stands, None while something does not fit."""
    variant = _pick_variant()
    info = _pick_data(variant)
    form, action, rest = st.container(), st.container(), st.container()
    with form:
        changes = recipe_form(PAGE, variant, rest)
    with rest.expander("Which images, which chance, what name"):
        choice = _pick_images(info)
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key=f"{PAGE}.seed", help="The same seed gives the same run.")
        name = st.text_input("Name of the run", key=f"{PAGE}.name", placeholder=variant.title, max_chars=80)
        device = _pick_device()
    recipe: Recipe | None = None
    with action, errors_shown():
        recipe = _recipe(variant, info, changes, *choice, int(seed))
        _cost(recipe, info, device)
        if st.button("Train", type="primary", icon=":material/play_arrow:", key=f"{PAGE}.start", width="stretch"):
            _start(recipe, name, device)
    if recipe is not None:
        with rest:
            from aecore.analysis.recipes_as_code import train_lines

            lines = train_lines(recipe)
            as_code(lines.shell, lines.python)
    return variant, recipe


def _pick_variant() -> Variant:
    key = f"{PAGE}.variant"
    asked = st.query_params.get("variant", "")
    if key not in st.session_state:
        st.session_state[key] = asked if asked in VARIANTS else "variational"
    picked = st.selectbox("Variant", list(VARIANTS), format_func=lambda each: VARIANTS[each].title, key=key)
    variant = VARIANTS[str(picked)]
    st.caption(variant.summary)
    return variant


def _pick_data(variant: Variant) -> DatasetInfo:
    known = {each.key: each for each in datasets()}
    key = f"{PAGE}.data"
    if st.session_state.get(key) not in known:
        asked = st.query_params.get("data", "")
        st.session_state[key] = asked if asked in known else variant.data
    picked = known[str(st.selectbox("Data set", list(known), format_func=lambda each: known[each].title, key=key))]
    channels, height, width = picked.shape
    st.caption(f"{picked.train:,} training images, {height}×{width} pixels, {'grey' if channels == 1 else 'colour'}")
    return picked


def _pick_images(info: DatasetInfo) -> tuple[tuple[int, ...], int]:
    """The classes to train on, none for all, and how many images, 0 for all."""
    classes: list[int] = []
    if info.class_names:
        classes = st.multiselect(
            "Classes",
            range(len(info.class_names)),
            format_func=lambda each: info.class_names[each],
            key=f"{PAGE}.classes.{info.key}",
            placeholder="All",
        )
    limit = st.number_input("Training images", 0, info.train, 0, 1000, key=f"{PAGE}.limit", help="0 takes all of them.")
    return tuple(sorted(classes)), int(limit)


def _pick_device() -> str:
    from aecore.training.precision import devices

    known = {each.key: each.title for each in devices()}
    if len(known) == 1:
        return next(iter(known))
    return str(st.selectbox("Device", list(known), format_func=lambda each: known[each], key=f"{PAGE}.device"))


def _recipe(
    variant: Variant, info: DatasetInfo, changes: dict[str, Value], classes: tuple[int, ...], limit: int, seed: int
) -> "Recipe":
    from aecore.training.recipe import DataChoice, make_recipe

    return make_recipe(variant.key, DataChoice(info.key, classes, limit), changes, seed)


def _cost(recipe: "Recipe", info: DatasetInfo, device: str) -> None:
    """Parameters, time and memory before the start, and the device by its name."""
    with st.spinner("Estimating time and memory, about a second …"):
        cost = _estimate(recipe.to_json(), info.shape, recipe.data.limit or info.train, info.validation, device)
    columns = st.columns(3)
    columns[0].metric("Parameters", f"{cost.parameters:,}")
    columns[1].metric("Time, about", duration(cost.seconds), help=cost.how)
    columns[2].metric("Memory, about", f"{cost.memory.total / 1e6:,.0f} MB")
    st.caption(f"On {cost.device}, computing in {cost.precision}.")
    if not cost.memory.fits:
        st.warning(
            f"This needs about {cost.memory.total / 1e9:.1f} GB, but {cost.memory.available / 1e9:.1f} GB are free: "
            "choose a smaller batch, smaller networks or fewer pictures."
        )


@st.cache_data(max_entries=64, show_spinner=False)
def _estimate(recipe: str, shape: tuple[int, int, int], train: int, validation: int, device: str) -> "Estimate":
    from aecore.analysis.estimate import estimate
    from aecore.training.precision import find_device
    from aecore.training.recipe import Recipe

    return estimate(Recipe.from_json(recipe), shape, train, validation, find_device(device))


def _start(recipe: "Recipe", name: str, device: str) -> None:
    from aecore.jobs.control import start
    from aecore.training.prepare import prepare

    ready, _ = prepare(recipe)
    run = Runs().create(ready, name or None, device)
    start(run)
    remember_run(run.id)
    st.session_state[f"{PAGE}.watch"] = run.id
    st.rerun()


def _explain(variant: Variant, recipe: "Recipe | None", watching: Run | None) -> None:
    """The idea, the mathematics, and the networks as they would really be built."""
    st.subheader(variant.title)
    st.write(variant.idea)
    if recipe is not None:
        _drawn(recipe)
        with st.expander("The picture that makes its point", expanded=watching is None), errors_shown():
            show_point(PAGE, variant, recipe.data.name)
    with st.expander("Mathematics and source"):
        for line in variant.mathematics.split(r"\\"):
            st.latex(line)
        st.caption(variant.source)


def _drawn(recipe: "Recipe") -> None:
    from aecore.analysis.architecture import architecture
    from aecore.plots.architecture import architecture_drawing
    from pages.shared.charts import show_chart
    from pages.shared.theme import palette

    shape = next(each.shape for each in datasets() if each.key == recipe.data.name)
    drawn = architecture(recipe.parts, shape)
    show_chart(
        architecture_drawing(drawn, palette()), key=f"{PAGE}.architecture", alt=f"Layers of the {recipe.variant}"
    )


with page("Train", "Which autoencoder, on which pictures, and how does it learn?"):
    show()

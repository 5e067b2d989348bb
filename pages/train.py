"""Which autoencoder, on which pictures, and how does it learn?

Reads the variants, the data sets and the runs under way. Writes new runs and starts, stops, resumes, renames and
deletes them.

    ?variant=KEY   the variant to begin with
    ?data=NAME     the data set to begin with
    ?run=ID        the run to watch
    ?race=ID       the race to watch
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aecore.data.catalog import datasets
from aecore.data.info import DatasetInfo
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.runs.summary import UNDER_WAY, RunSummary
from aecore.settings import Value
from aecore.variants.catalog import VARIANTS
from aecore.variants.variant import Variant
from pages.shared.forms import carry_training_over, recipe_form
from pages.shared.frame import as_code, errors_shown, page
from pages.shared.keys import RUN, remember_run
from pages.shared.live import deleted_notice, duration, show_runs
from pages.shared.points import show_point
from pages.shared.race import offer_race, runs_of, show_race, shown_race
from pages.shared.words import plain

if TYPE_CHECKING:
    from aecore.analysis.architecture import Architecture
    from aecore.analysis.estimate import Estimate
    from aecore.training.recipe import Recipe

PAGE = "train"
MOST_ESTIMATES, ESTIMATED_EVERY_S = 6, 2.5
FIRST = "variational"  # the variant of someone who names none
BOARD = f"{PAGE}_board"
# On a wide screen the third column goes below the first, beside the second; on a narrow one all three follow each
# other: the picture, the controls, then what there is to read.
BOARD_STYLE = f"""<style>
@media (min-width: 641px) {{
  .st-key-{BOARD} > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"] {{
    display: grid; grid-template-columns: 3fr 2fr; grid-template-rows: auto 1fr;
  }}
  .st-key-{BOARD} > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] {{
    width: auto; min-width: 0;
  }}
  .st-key-{BOARD} > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"]
    > [data-testid="stColumn"]:nth-child(2) {{ grid-column: 2; grid-row: 1 / 3; }}
}}
</style>"""


@dataclass(frozen=True)
class Plan:
    """What would be trained at a click."""

    recipe: "Recipe"
    built: "Architecture"
    images: tuple[int, int]  # training, validation
    device: str
    name: str


@dataclass
class Costed:
    """What an estimate was asked for, how often it was made, and whether this run of the page has shown one."""

    asked: tuple[Any, ...]
    times: int = 1
    shown: bool = False


def show() -> None:
    """What is being trained, or what could be, on the left; the choices on the right; below what there is to read."""
    runs = Runs()
    listed = runs.list()
    race = shown_race()
    racing = runs_of(race) if race is not None else []
    single = [each for each in listed if each.id not in racing]
    deleted_notice(PAGE)
    st.html(BOARD_STYLE)
    with st.container(key=BOARD):
        picture, controls, below = st.columns([3, 2, 3], gap="large")
    with controls:
        variant, plan, cost = _choices(_waiting(single) + (race is not None and race.summary().state in UNDER_WAY))
    watched = _watched(runs, single)
    with picture:
        if race is not None:
            show_race(race, PAGE)
        if watched:
            show_runs(watched, PAGE)
        elif race is None:
            _introduce(variant, plan)
    if plan is not None:
        with cost:
            _cost(plan, busy=bool(watched) or race is not None)
    with below:
        if watched or race is not None:
            st.divider()
            _introduce(variant, plan)
        _explain(variant, plan, watching=bool(watched) or race is not None)


# --- what is watched


def _watched(runs: Runs, listed: list[RunSummary]) -> list[Run]:
    """The runs under way, the first to be trained first, and the one in the address, which is shown first."""
    active = [each.id for each in sorted(listed, key=lambda each: each.created) if each.state in UNDER_WAY]
    wanted = [each.id for each in listed if each.id == st.query_params.get(RUN)]
    if wanted:
        st.session_state[f"{PAGE}.watch"] = wanted[0]
    return [runs.get(each) for each in dict.fromkeys([*active, *wanted])]


def _waiting(listed: list[RunSummary]) -> int:
    return sum(each.state in UNDER_WAY for each in listed)


# --- the choices


def _choices(waiting: int) -> tuple[Variant, Plan | None, DeltaGenerator]:
    """The form: the variant, what would be trained (None while something does not fit), and room for the cost."""
    variant = VARIANTS[_pick_variant()]
    st.caption(variant.summary)
    info = _pick_data(variant)
    about_data = st.empty()
    form, cost, action, rest = (st.container() for _ in range(4))
    plan: Plan | None = None
    with form:
        changes = _form(variant, rest)
    with rest.expander("Which images, seed, name"):
        classes, limit = _pick_images(variant, info)
        seed = _pick_seed()
        name = _pick_name(variant, info)
        device = _pick_device()
    with action, errors_shown():
        if changes is not None:
            recipe = _recipe(variant, info, changes, classes, limit, seed)
            plan = Plan(recipe, _built(recipe, info), _images(recipe, info), device, name)
    with action:
        _button(plan, waiting)
        if plan is not None:
            offer_race(plan.recipe, plan.name, plan.device, PAGE)
    about_data.caption(_about(info, plan))
    if plan is not None:
        with rest:
            _lines(plan)
    return variant, plan, cost


def _form(variant: Variant, rest: DeltaGenerator) -> dict[str, Value] | None:
    with st.spinner("Loading torch, about 3 s …"):  # only for whoever comes before the server has warmed up
        import aecore.training.recipe  # noqa: F401
    return recipe_form(PAGE, variant, rest)


def _pick_variant() -> str:
    key = f"{PAGE}.variant"
    _take_from_address("variant", VARIANTS, FIRST)
    return str(
        st.selectbox(
            "Variant",
            list(VARIANTS),
            format_func=lambda each: VARIANTS[each].title,
            key=key,
            on_change=_variant_changed,
            args=(st.session_state[key],),
            persist_state="session",
        )
    )


def _variant_changed(before: str) -> None:
    _put_into_address("variant")
    carry_training_over(PAGE, VARIANTS[before])


def _pick_data(variant: Variant) -> DatasetInfo:
    known = {each.key: each for each in datasets()}
    _take_from_address("data", known, variant.data)
    picked = st.selectbox(
        "Data set",
        list(known),
        format_func=lambda each: known[each].title,
        key=f"{PAGE}.data",
        on_change=_data_changed,
        persist_state="session",
    )
    return known[str(picked)]


def _data_changed() -> None:
    _put_into_address("data")


def _take_from_address(name: str, known: Mapping[str, object], otherwise: str) -> None:
    """What the address names is chosen; a choice that is no longer there gives way."""
    key = f"{PAGE}.{name}"
    asked = st.query_params.get(name, "")
    if asked in known:
        st.session_state[key] = asked
    elif st.session_state.get(key) not in known:
        st.session_state[key] = otherwise


def _put_into_address(name: str) -> None:
    """The address follows the choice, so that a reload finds it again."""
    st.query_params[name] = str(st.session_state[f"{PAGE}.{name}"])


def _about(info: DatasetInfo, plan: Plan | None) -> str:
    channels, height, width = info.shape
    count = plan.images[0] if plan else info.train
    number = f"{count:,}" if count == info.train else f"{count:,} of {info.train:,}"
    return f"{number} training images, {height}×{width} pixels, {'grey' if channels == 1 else 'colour'}"


def _pick_images(variant: Variant, info: DatasetInfo) -> tuple[tuple[int, ...], int]:
    """The classes to train on, none for all, and how many images, 0 for all."""
    classes: list[int] = []
    if info.class_names:
        classes = st.multiselect(
            "Classes",
            range(len(info.class_names)),
            format_func=lambda each: info.class_names[each],
            key=f"{PAGE}.classes.{info.key}",
            placeholder="All",
            persist_state="session",
        )
    limit = st.number_input(
        "Training images",
        0,
        info.train,
        min(variant.images, info.train),
        step=min(1000, max(1, info.train // 10)),
        key=f"{PAGE}.limit.{info.key}" + (f".{variant.key}" if variant.images else ""),
        help="How many of them, of every class about as many. "
        + (f"0 takes the variant's {variant.images:,}." if variant.images else "0 takes all."),
        persist_state="session",
    )
    return tuple(sorted(classes)), int(limit)


def _pick_seed() -> int:
    return int(
        st.number_input(
            "Seed",
            0,
            2**31 - 1,
            key=f"{PAGE}.seed",
            help="The same seed gives the same run.",
            persist_state="session",
        )
    )


def _pick_name(variant: Variant, info: DatasetInfo) -> str:
    usual = f"{variant.title} on {info.key}"
    return st.text_input("Name of the run", key=f"{PAGE}.name", placeholder=usual, max_chars=80).strip()


def _pick_device() -> str:
    from aecore.training.precision import devices

    known = {each.key: each.title for each in devices()}
    if len(known) == 1:
        return "auto"
    return str(
        st.selectbox(
            "Device",
            list(known),
            format_func=lambda each: known[each],
            key=f"{PAGE}.device",
            persist_state="session",
        )
    )


def _recipe(
    variant: Variant, info: DatasetInfo, changes: dict[str, Value], classes: tuple[int, ...], limit: int, seed: int
) -> "Recipe":
    from aecore.training.recipe import DataChoice, make_recipe

    return make_recipe(variant.key, DataChoice(info.key, classes, limit), changes, seed)


def _built(recipe: "Recipe", info: DatasetInfo) -> "Architecture":
    """The networks as they would be; SettingError when they do not fit the images."""
    from aecore.analysis.architecture import architecture

    return architecture(recipe.parts, info.shape, len(info.class_names))


def _images(recipe: "Recipe", info: DatasetInfo) -> tuple[int, int]:
    """Training and validation images. DataError when the choice leaves none."""
    if not recipe.data.classes and not recipe.data.limit:
        return info.train, info.validation
    from aecore.data.catalog import load

    splits = load(info.key, recipe.data.classes, recipe.data.limit)
    return len(splits.train), len(splits.validation)


# --- the start


def _button(plan: Plan | None, waiting: int) -> None:
    pressed = st.button(
        "Train",
        type="primary",
        icon=":material/play_arrow:",
        key=f"{PAGE}.start",
        width="stretch",
        disabled=plan is None,
    )
    if waiting:
        others = "One run is" if waiting == 1 else f"{waiting} runs are"
        st.caption(f"{others} under way. A device trains one run at a time: a further one waits in line.")
    if pressed and plan is not None:
        with errors_shown():
            _start(plan)


def _start(plan: Plan) -> None:
    from aecore.jobs.control import start
    from aecore.training.prepare import prepare

    ready, _ = prepare(plan.recipe)
    run = Runs().create(ready, plan.name or None, plan.device)
    start(run)
    remember_run(run.id)
    st.session_state[f"{PAGE}.watch"] = run.id
    st.rerun()


def _cost(plan: Plan, busy: bool) -> None:
    """Parameters, time and memory before the start, and the device by its name.

    An estimate that other work disturbed, as the start of the server does, is made again a few times, unless what the
    page itself shows keeps the device `busy`.
    """
    # What does not change the cost is left out, so that another seed or class is not estimated anew.
    recipe = replace(plan.recipe, seed=0, data=replace(plan.recipe.data, classes=(), limit=0))
    asked = (recipe.to_json(), plan.built.image_shape, *plan.images, plan.device, plan.built.classes)
    key = f"{PAGE}.cost"
    before: Costed | None = st.session_state.get(key)
    costed = Costed(asked, before.times if before is not None and before.asked == asked else 1)
    st.session_state[key] = costed
    with errors_shown():
        with st.spinner("Trying the layers on this device, about a second …"):
            again = _estimate(*asked).disturbed and not busy and costed.times < MOST_ESTIMATES
        st.fragment(_show_cost, run_every=ESTIMATED_EVERY_S if again else None, key=key)(costed)


def _show_cost(costed: Costed) -> None:
    with errors_shown():
        again, costed.shown = costed.shown, True
        if again:
            _estimate.clear(*costed.asked)
            costed.times += 1
        cost = _estimate(*costed.asked)
        if again and (costed.times >= MOST_ESTIMATES or not cost.disturbed):
            st.rerun()  # ends the timer
        _say_cost(cost)


def _say_cost(cost: "Estimate") -> None:
    st.markdown(
        f"**{cost.parameters:,}** parameters · {'up to' if cost.disturbed else 'about'} **{duration(cost.seconds)}** · "
        f"about **{cost.memory.total / 1e6:,.0f} MB** of memory",
        help=cost.how,
    )
    st.caption(f"On {plain(cost.device)}, computing in {cost.precision}")
    if not cost.memory.fits:
        st.warning(
            f"This needs about {cost.memory.total / 1e9:.1f} GB, but {cost.memory.available / 1e9:.1f} GB are free: "
            "choose a smaller batch, smaller networks or fewer pictures."
        )


@st.cache_data(ttl=60, max_entries=64, show_spinner=False)  # free memory changes; times are kept by the estimate
def _estimate(
    recipe: str, shape: tuple[int, int, int], train: int, validation: int, device: str, classes: int
) -> "Estimate":
    from aecore.analysis.estimate import estimate
    from aecore.training.precision import find_device
    from aecore.training.recipe import Recipe

    return estimate(Recipe.from_json(recipe), shape, train, validation, find_device(device), classes)


def _lines(plan: Plan) -> None:
    from aecore.analysis.recipes_as_code import train_lines

    lines = train_lines(plan.recipe, plan.device, plan.name or None)
    as_code(lines, "train")


# --- what it is about


def _introduce(variant: Variant, plan: Plan | None) -> None:
    """The idea, the networks as they would really be built, the mathematics."""
    st.header(variant.title)
    st.write(variant.idea)
    if plan is not None:
        from aecore.plots.architecture import architecture_drawing
        from pages.shared.charts import show_chart
        from pages.shared.theme import palette

        show_chart(
            architecture_drawing(plan.built, palette()),
            key=f"{PAGE}.architecture",
            alt=f"The layers of the {variant.title} model, {_way(plan.built)}",
        )
    with st.expander("Mathematics and source"):
        for line in variant.mathematics.split(r"\\"):
            st.latex(line)
        st.caption(variant.source)


def _way(built: "Architecture") -> str:
    """How an image passes through the layers, in words."""
    encodes = any(layer.part == "encoder" for layer in built.layers)
    return "from the image to the code and back" if encodes else "in the order in which they are passed"


def _explain(variant: Variant, plan: Plan | None, watching: bool) -> None:
    """The picture that makes the variant's point."""
    with _on_demand("The picture that makes its point", "point", not watching) as wanted, errors_shown():
        if wanted and plan is not None:
            show_point(PAGE, variant, plan.recipe.data.name)


@contextmanager
def _on_demand(title: str, name: str, expanded: bool) -> Iterator[bool]:
    """An expander that says whether it is open: what takes a while is then only made for someone who looks."""
    expander = st.expander(title, expanded, key=f"{PAGE}.{name}", on_change="rerun")
    with expander:
        yield bool(expander.open)


with page("Train", "Which autoencoder, on which pictures, and how does it learn?"):
    show()

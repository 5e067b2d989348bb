"""Forms from described settings: what they begin with, what they return, and what a person does not lose."""

import pytest
from streamlit.testing.v1 import AppTest

from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS
from tests.pages.oblong import checked, errors


def script():
    """A form, with the variant chosen as on the Train page."""
    import streamlit as st

    from aecore.variants.catalog import VARIANTS
    from pages.shared.forms import carry_training_over, recipe_form

    if st.session_state.get("shown", True):
        key = st.selectbox(
            "Variant",
            list(VARIANTS),
            key="variant",
            persist_state="session",
            on_change=lambda before: carry_training_over("form", VARIANTS[before]),
            args=(st.session_state.get("variant", "simple"),),
        )
        first, rest = st.container(), st.container()
        with first:
            st.session_state["result"] = recipe_form("form", VARIANTS[key], rest)


def form(variant: str = "simple") -> AppTest:
    app = AppTest.from_function(script, default_timeout=60)
    app.session_state["variant"] = variant
    return checked(app.run())


def field(app, label):
    """The one widget whose label begins so."""
    kinds = (app.number_input, app.text_input, app.selectbox, app.toggle)
    (found,) = (each for kind in kinds for each in kind if each.label.startswith(label))
    return found


def choose(app, title):
    (pills,) = app.get("button_group")
    checked(pills.set_value(title).run())


def made(app, variant):
    return make_recipe(variant, DataChoice("mnist"), app.session_state["result"])


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_untouched_form_makes_the_variants_own_recipe(variant):
    assert made(form(variant), variant) == make_recipe(variant, DataChoice("mnist"))


@pytest.mark.parametrize(
    ("variant", "title"), [(each.key, preset.title) for each in VARIANTS.values() for preset in each.presets]
)
def test_a_preset_makes_the_recipe_with_its_changes(variant, title):
    app = form(variant)
    choose(app, title)
    preset = next(each for each in VARIANTS[variant].presets if each.title == title)
    assert made(app, variant) == make_recipe(variant, DataChoice("mnist"), preset.changes)


def test_what_matters_most_comes_first():
    numbers = [each.label for each in form("variational").number_input]
    assert numbers[:3] == ["Code size (numbers)", "Weight β (times the KL)", "Epochs (passes)"]


def test_a_field_says_why_it_is_there_and_what_it_takes():
    epochs = field(form(), "Epochs")
    assert (epochs.min, epochs.max, epochs.step) == (1, 10_000, 1)
    assert epochs.help.endswith("From 1 to 10000.")


def test_the_strength_of_a_noise_belongs_to_its_kind():
    app = form("denoising")
    assert field(app, "Noise strength").value == 0.5
    checked(field(app, "Corruption").set_value("salt_pepper").run())
    assert [each.label for each in app.number_input if "oise" in each.label] == []
    assert field(app, "Share lost").value == 0.3
    checked(field(app, "Share lost").set_value(0.1).run())
    checked(field(app, "Corruption").set_value("masking").run())
    assert field(app, "Share lost").value == 0.5
    assert made(app, "denoising").parts.corruption.settings.share == 0.5
    checked(field(app, "Corruption").set_value("salt_pepper").run())
    assert field(app, "Share lost").value == 0.1


def test_a_preset_leaves_what_it_does_not_speak_of():
    app = form("simple")
    checked(field(app, "Epochs").set_value(7).run())
    checked(field(app, "Code size").set_value(5).run())
    choose(app, "Two numbers")
    assert (field(app, "Epochs").value, field(app, "Code size").value) == (7, 2)
    choose(app, "Squared error")
    assert (field(app, "Epochs").value, field(app, "Code size").value) == (7, 5)
    choose(app, None)
    assert (field(app, "Code size").value, field(app, "Objective").value) == (5, "bce")


def test_a_changed_training_goes_along_to_the_next_variant_and_back():
    app = form("simple")
    checked(field(app, "Epochs").set_value(7).run())
    checked(app.selectbox(key="variant").set_value("denoising").run())
    assert field(app, "Epochs").value == 7
    assert made(app, "denoising").stages[0].weight_decay == 0.01  # untouched: the variant's own
    checked(field(app, "Epochs").set_value(3).run())
    checked(app.selectbox(key="variant").set_value("simple").run())
    assert field(app, "Epochs").value == 3


def test_an_unchanged_training_is_the_next_variants_own():
    app = form("simple")
    checked(app.selectbox(key="variant").set_value("denoising").run())
    assert field(app, "Epochs").value == 12


def test_the_parts_of_a_variant_are_remembered_until_one_comes_back():
    app = form("simple")
    checked(field(app, "Code size").set_value(5).run())
    checked(app.selectbox(key="variant").set_value("deep").run())
    assert field(app, "Code size").value == 32
    checked(app.selectbox(key="variant").set_value("simple").run())
    assert field(app, "Code size").value == 5


def test_choices_outlive_a_look_at_another_page():
    app = form("deep")
    checked(field(app, "Hidden layers").set_value("40, 20").run())
    app.session_state["shown"] = False
    checked(app.run())
    assert not app.text_input
    app.session_state["shown"] = True
    checked(app.run())
    assert field(app, "Hidden layers").value == "40, 20"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("512, many", "Hidden layers is 'many': give a number."),
        ("512, 1.5", "Hidden layers is 1.5: give a whole number"),
        ("0", "Hidden layers is 0 units: choose a value from 1 to 16384 units."),
    ],
)
def test_layers_that_are_none_are_named_below_their_field(typed, said):
    app = form("deep")
    checked(field(app, "Hidden layers").set_value(typed).run())
    assert errors(app)[0].startswith(said)
    assert app.session_state["result"] is None


def test_layers_may_be_separated_by_spaces_or_left_out():
    app = form("deep")
    checked(field(app, "Hidden layers").set_value("40 20").run())
    assert app.session_state["result"]["network.hidden"] == (40, 20)
    checked(field(app, "Hidden layers").set_value("").run())
    assert app.session_state["result"]["network.hidden"] == ()


def test_what_a_scheme_has_no_use_for_is_not_asked():
    app = form("gan")
    labels = {each.label for each in app.selectbox}
    assert {"Networks", "Bottleneck", "Scheme"} <= labels
    assert not {"Corruption", "Objective", "Penalty"} & labels
    assert {"Corruption", "Objective", "Penalty"} <= {each.label for each in form("simple").selectbox}

"""The one picture that makes a variant's point: a file for each, called as the variant calls its picture.

A file offers `show(key, dataset)`: it reads what is there (the data set, runs that are finished) and asks
`aecore.analysis` once. Pictures that need a run of the right kind take the newest one; where there is none they say
which one to train.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.errors import LabError
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.runs.summary import RunSummary
from aecore.variants.variant import Variant
from pages.shared.opened import open_for_page
from pages.shared.pickers import has_weights

if TYPE_CHECKING:
    from aecore.runs.opened import OpenRun


def show_point(page: str, variant: Variant, dataset: str) -> None:
    """The picture of `variant`, on images of `dataset` where it needs some."""
    importlib.import_module(f"{__name__}.{variant.picture}").show(f"{page}.point.{variant.key}", dataset)


def newest(fits: Callable[[RunSummary], bool]) -> "OpenRun | None":
    """The newest run that fits and has weights."""
    runs = Runs()
    found = next((each for each in runs.list() if fits(each) and not has_weights(each)), None)
    return None if found is None else open_for_page(runs.get(found.id))


def finished(dataset: str) -> list[tuple[Run, dict[str, Any]]]:
    """The finished runs on a data set with the values of their recipes, the newest first."""
    runs = Runs()
    listed = [each for each in runs.list() if each.dataset == dataset and each.state == "finished"]
    found = []
    for run in (runs.get(each.id) for each in listed if not has_weights(each)):
        try:
            found.append((run, run.recipe_values()))
        except LabError:  # damaged between the two looks
            continue
    return found


def with_choice(recipe: Mapping[str, Any], axis: str, choice: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a recipe with other settings on one axis."""
    return {**recipe, "parts": {**recipe["parts"], axis: {**recipe["parts"][axis], **choice}}}


def how_to_train(*recipes: Mapping[str, Any]) -> None:
    """The lines that train what a picture lacks, each from the values of a recipe."""
    from aecore.analysis.recipes_as_code import train_lines
    from aecore.training.recipe import Recipe

    st.code("\n".join(train_lines(Recipe.from_dict(each)).shell for each in recipes), language="bash", wrap_lines=True)


def usual_recipe(variant: str, dataset: str, changes: Mapping[str, object] | None = None) -> dict[str, Any]:
    """The values of the recipe that a variant begins with."""
    from aecore.training.recipe import DataChoice, make_recipe

    return make_recipe(variant, DataChoice(dataset), changes).to_dict()

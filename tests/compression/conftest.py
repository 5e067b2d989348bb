"""What tests of the codec need beside it."""

from types import SimpleNamespace

import pytest

from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.compose import compose
from tests.made_up import made_up_splits


@pytest.fixture
def open_simple():
    """A plain autoencoder, as an open run would be."""
    made = make_recipe("simple", DataChoice("made_up"))
    composition = compose(made.parts, (1, 8, 8), 0, 4)
    composition.model.eval()
    return SimpleNamespace(recipe=made, composition=composition, splits=made_up_splits())

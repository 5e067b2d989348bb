"""The shapes and types in annotations are really checked while tests run."""

import jaxtyping
import pytest
import torch

from aecore.model import Pass
from aecore.objectives.reconstruction import ReconstructionSettings, SquaredError
from aecore.randomness import derive
from aecore.training.recipe import DataChoice


def test_images_of_another_count_than_their_reconstructions_are_caught():
    """Without the check one clean image would quietly be compared with both reconstructions."""
    outcome = Pass(torch.zeros(2, 1, 4, 4), torch.zeros(2, 3), None)
    with pytest.raises(jaxtyping.TypeCheckError):
        SquaredError(ReconstructionSettings())(outcome, torch.zeros(1, 1, 4, 4))


def test_codes_with_an_axis_too_many_are_caught():
    with pytest.raises(jaxtyping.TypeCheckError):
        Pass(torch.zeros(2, 1, 4, 4), torch.zeros(2, 3, 1), None)


def test_a_wrong_type_is_caught_where_no_shape_is_named_too():
    with pytest.raises(TypeError, match="parameter seed='seven' violates type hint"):
        derive("seven", "noise")
    with pytest.raises(TypeError, match="parameter limit='many' violates type hint"):
        DataChoice("mnist", limit="many")


def test_a_switched_off_check_lets_everything_pass(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    assert derive("7", "noise") == derive(7, "noise")

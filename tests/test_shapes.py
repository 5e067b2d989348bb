"""The shapes in annotations are really checked while tests run."""

import jaxtyping
import pytest
import torch

from aecore.model import Pass
from aecore.objectives.reconstruction import ReconstructionSettings, SquaredError


def test_images_of_another_count_than_their_reconstructions_are_caught():
    """Without the check one clean image would quietly be compared with both reconstructions."""
    outcome = Pass(torch.zeros(2, 1, 4, 4), torch.zeros(2, 3), None)
    with pytest.raises(jaxtyping.TypeCheckError):
        SquaredError(ReconstructionSettings())(outcome, torch.zeros(1, 1, 4, 4))


def test_codes_with_an_axis_too_many_are_caught():
    with pytest.raises(jaxtyping.TypeCheckError):
        Pass(torch.zeros(2, 1, 4, 4), torch.zeros(2, 3, 1), None)

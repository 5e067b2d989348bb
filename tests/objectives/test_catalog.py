"""The sum that training makes small."""

import pytest
import torch

from aecore.model import Pass, Posterior
from aecore.objectives.catalog import Objective
from aecore.objectives.penalties import KLDivergence, KLSettings, NoPenalty, NoPenaltySettings
from aecore.objectives.reconstruction import ReconstructionSettings, SquaredError

# Logits of 0 give 1/2: against black, 1/4 for each of two pixels. The KL of mean 2 and variance 1 is 2.
OUTCOME = Pass(torch.zeros(1, 1, 1, 2), torch.zeros(1, 1), Posterior(torch.tensor([[2.0]]), torch.zeros(1, 1)))
BLACK = torch.zeros(1, 1, 1, 2)
SQUARED_ERROR = SquaredError(ReconstructionSettings())


@pytest.mark.parametrize(("beta", "loss"), [(0.0, 0.5), (1.0, 2.5), (4.0, 8.5)])
def test_the_penalty_counts_beta_times_and_is_reported_before_its_weight(beta, loss):
    total, parts = Objective(SQUARED_ERROR, KLDivergence(KLSettings(beta)))(OUTCOME, BLACK)
    assert total.tolist() == [loss]
    assert {name: each.tolist() for name, each in parts.items()} == {"squared_error": [0.5], "kl": [2.0]}


def test_without_a_penalty_the_error_is_the_loss():
    total, parts = Objective(SQUARED_ERROR, NoPenalty(NoPenaltySettings()))(OUTCOME, BLACK)
    assert total.tolist() == [0.5]
    assert list(parts) == ["squared_error"]

"""How a GAN's game went, and styles mixed: what the pictures of both variants are made of."""

import numpy as np
import pytest

from aecore import jobs
from aecore.analysis.demonstrations.adversaries import NUMBERS, game, warnings_of
from aecore.analysis.demonstrations.style_mixing import style_mixing, style_sizes
from aecore.errors import RunError
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from tests.pages.oblong import NAME, make_oblong

FAIR = {"discriminator_loss": 1.3, "generator_loss": 0.8, "belief_in_real": 0.55, "belief_in_generated": 0.45}
TINY = {"network.channels": 2, "network.most_channels": 4, "network.style_size": 4, "bottleneck.code_size": 3}


def test_a_game_shows_epochs_from_the_first_to_the_last_and_their_numbers(tmp_path):
    make_oblong()
    changes = {"network.kind": "gan_dense", "network.hidden": (8,), "training.epochs": 5}
    run = Runs(tmp_path).create(make_recipe("gan", DataChoice(NAME), changes), "Game", "cpu")
    for _ in jobs.run_here(run):
        pass
    shown = game(run, most=3)
    assert shown.shown == (1, 3, 5)
    assert [each.shape for each in shown.samples] == [(16, 3, 20, 24)] * 3
    assert np.array_equal(shown.samples[-1], run.preview().samples)
    assert shown.epochs.tolist() == [1, 2, 3, 4, 5]
    for name in NUMBERS:
        assert shown.numbers[name].tolist() == [each["validation"][name] for each in run.metrics()]


@pytest.mark.parametrize(
    ("last", "word"),
    [
        (FAIR | {"diversity": 0.9}, ""),
        (FAIR | {"diversity": 0.2}, "has collapsed: its images are on average only 0.20 times as far apart"),
        ({**FAIR, "belief_in_real": 0.99, "belief_in_generated": 0.01, "diversity": 0.9}, "has won"),
        ({}, ""),
    ],
)
def test_a_game_that_went_wrong_is_said_in_words(last, word):
    found = warnings_of(last)
    assert len(found) == bool(word)
    assert word in "".join(found)


def test_rows_have_the_fine_styles_and_columns_the_coarse_ones(make):
    trained = make("stylegan", (3, 20, 24), **{name.replace(".", "__"): each for name, each in TINY.items()})
    assert style_sizes(trained) == ("3×3", "6×6", "12×12", "24×24")
    for level, expected in ((0, "fine"), (4, "coarse")):
        made = style_mixing(trained, level, columns=3, rows=2)
        assert made.mixed.shape == (2, 3, 3, 20, 24)
        for row in range(2):
            for column in range(3):
                alone = made.fine[row] if expected == "fine" else made.coarse[column]
                np.testing.assert_allclose(made.mixed[row, column], alone, atol=1e-5)


def test_truncation_and_seed_reach_the_mixture(make):
    trained = make("stylegan", (1, 8, 8), **{name.replace(".", "__"): each for name, each in TINY.items()})
    same = style_mixing(trained, 1, 0.0)
    assert float(same.coarse.std(0).max()) < 1e-6
    assert not np.allclose(style_mixing(trained, 1, seed=1).coarse, style_mixing(trained, 1, seed=2).coarse)


def test_only_a_model_with_styles_can_mix_them(make):
    with pytest.raises(RunError, match="no styles to mix"):
        style_mixing(make("gan", (1, 8, 8), network__kind="gan_dense"), 1)

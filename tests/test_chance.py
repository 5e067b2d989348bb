"""Chance: what several models draw at once is what each draws alone."""

import pytest
import torch
from torch.func import vmap

from aecore.chance import Lots, normal, uniform, whole_numbers

DRAWS = {
    "normal": normal,
    "uniform": lambda like, chance: uniform(like, -0.5, 0.5, chance),
    "whole numbers": lambda like, chance: whole_numbers(like, 4, chance),
}


def generators(count=3):
    return [torch.Generator().manual_seed(seed) for seed in range(count)]


@pytest.mark.parametrize("name", DRAWS)
def test_models_side_by_side_draw_what_each_draws_alone(name):
    draw, like = DRAWS[name], torch.zeros(3, 50, 7)
    lots = Lots(generators())

    together = [vmap(lambda each: draw(each, lots))(like) for _ in range(2)]

    for index, generator in enumerate(generators()):
        assert torch.equal(together[0][index], draw(like[index], generator))
        assert torch.equal(together[1][index], draw(like[index], generator))


def test_a_model_with_fewer_numbers_draws_only_those():
    like = torch.zeros(3, 50, 7)
    lots = Lots(generators(), widths=(2, 7, 5))

    together = vmap(lambda each: normal(each, lots))(like)

    for index, generator in enumerate(generators()):
        width = lots.widths[index]
        assert torch.equal(together[index, :, :width], normal(torch.zeros(50, width), generator))
        assert torch.count_nonzero(together[index, :, width:]) == 0


def test_whole_numbers_are_those_of_randint():
    expected = torch.randint(4, (50,), generator=torch.Generator().manual_seed(1))

    assert torch.equal(whole_numbers(torch.zeros(50), 4, torch.Generator().manual_seed(1)), expected)

"""Layer by layer: each level is trained on the codes of those before it, which stay as they are."""

import pytest
import torch
from torch import nn

from aecore.errors import SettingError
from aecore.networks.levels import decoded, encoded, levels_of
from aecore.randomness import Streams
from aecore.schemes.greedy import TOGETHER
from aecore.schemes.scheme import Batch
from aecore.variants.compose import Composition, Parts, compose

SHAPE = (1, 6, 5)
CONV = {"kind": "conv", "channels": [4, 6], "normalisation": True}


def composed(fine_tuning: float = 0.25, **choices: dict[str, object]) -> Composition:
    neutral = {
        "corruption": {"kind": "none"},
        "network": {"kind": "dense", "hidden": [8, 6]},
        "bottleneck": {"kind": "plain", "code_size": 3},
        "objective": {"kind": "mse"},
        "penalty": {"kind": "none"},
        "scheme": {"kind": "greedy", "fine_tuning": fine_tuning},
    }
    return compose(Parts.from_dict(neutral | choices), SHAPE, seed=0)


@pytest.fixture
def clean() -> torch.Tensor:
    return torch.rand(16, *SHAPE, generator=torch.Generator().manual_seed(1))


def trained_in(made: Composition, clean: torch.Tensor, chapter: str) -> set[str]:
    """The names of the parameters that have a gradient in this chapter."""
    made.model.zero_grad()
    (phase,) = made.scheme.phases(made.model, Batch(clean, chapter=chapter), Streams(0))
    phase.loss.backward()
    return {name for name, each in made.model.named_parameters() if each.grad is not None}


def names_of(made: Composition, number: int) -> set[str]:
    level = levels_of(made.model)[number - 1]
    own = {id(each) for module in (*level.encoder, *level.decoder) for each in module.parameters()}
    return {name for name, each in made.model.named_parameters() if id(each) in own}


def test_every_level_is_a_chapter_and_all_together_are_the_last():
    chapters = composed(0.25).scheme.chapters(composed().model, further=False)
    assert [(each.title, each.share) for each in chapters] == [
        ("Layer 1", 0.25),
        ("Layer 2", 0.25),
        ("Layer 3", 0.25),
        ("All layers", 0.25),
    ]
    without = composed(0.0)
    assert [each.key for each in without.scheme.chapters(without.model, further=False)] == ["1", "2", "3"]


def test_a_finished_model_is_trained_on_as_a_whole():
    made = composed(0.0)
    (chapter,) = made.scheme.chapters(made.model, further=True)
    assert (chapter.key, chapter.share) == (TOGETHER, 1.0)


@pytest.mark.parametrize("network", [{"kind": "dense", "hidden": [8, 6]}, {"kind": "tied", "hidden": [8, 6]}, CONV])
def test_a_chapter_trains_its_own_level_and_no_other(network, clean):
    made = composed(network=network)
    for number in (1, 2, 3):
        assert trained_in(made, clean, str(number)) == names_of(made, number)
    assert trained_in(made, clean, TOGETHER) == {name for name, _ in made.model.named_parameters()}


def test_the_first_level_is_judged_by_the_image_and_the_next_by_the_codes_of_the_first(clean):
    made = composed()
    first, second, _ = levels_of(made.model)
    (phase,) = made.scheme.phases(made.model, Batch(clean, chapter="1"), Streams(0))
    images = torch.sigmoid(decoded([first], encoded([first], clean)))
    torch.testing.assert_close(phase.loss, (images - clean).square().flatten(1).sum(1).mean())
    assert list(phase.parts) == ["squared_error"]
    (phase,) = made.scheme.phases(made.model, Batch(clean, chapter="2"), Streams(0))
    codes = encoded([first], clean)
    torch.testing.assert_close(phase.loss, (decoded([second], encoded([second], codes)) - codes).square().sum(1).mean())
    torch.testing.assert_close(phase.parts["code_error"], phase.loss)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_error_of_the_image_is_measured_through_the_trained_levels_in_every_chapter(number, clean):
    made = composed()
    made.model.eval()
    levels = levels_of(made.model)[:number]
    measured = made.scheme.measure(made.model, Batch(clean, chapter=str(number)), Streams(0))
    images = torch.sigmoid(decoded(levels, encoded(levels, clean)))
    torch.testing.assert_close(measured["squared_error"], (images - clean).square().flatten(1).sum(1))
    torch.testing.assert_close(made.scheme.reconstruct(made.model, clean, str(number)), images)
    (phase,) = made.scheme.phases(made.model, Batch(clean, chapter=str(number)), Streams(0))
    seen = slice(None) if number == 1 else slice(2)  # one image in eight of sixteen
    torch.testing.assert_close(phase.parts["squared_error"], measured["squared_error"][seen].mean())
    assert not phase.parts["squared_error"].requires_grad or number == 1


def test_together_it_is_training_end_to_end(clean):
    greedy, whole = composed(), composed(scheme={"kind": "end_to_end"})
    (one,) = greedy.scheme.phases(greedy.model, Batch(clean, chapter=TOGETHER), Streams(0))
    (other,) = whole.scheme.phases(whole.model, Batch(clean), Streams(0))
    assert torch.equal(one.loss, other.loss)
    assert torch.equal(greedy.scheme.reconstruct(greedy.model, clean, TOGETHER), whole.model(clean).images)


def test_a_corruption_reaches_every_level_whose_target_stays_clean(clean):
    made = composed(corruption={"kind": "masking", "share": 1.0})
    first, second, _ = levels_of(made.model)
    (phase,) = made.scheme.phases(made.model, Batch(clean, chapter="2"), Streams(0))
    seen = encoded([first], torch.zeros_like(clean))
    restored = decoded([second], encoded([second], seen))
    torch.testing.assert_close(phase.loss, (restored - encoded([first], clean)).square().sum(1).mean())


def test_only_the_innermost_level_has_a_code_to_be_penalised(clean):
    made = composed(bottleneck={"kind": "gaussian", "code_size": 2}, penalty={"kind": "kl", "beta": 3.0})
    outer, inner = (made.scheme.measure(made.model, Batch(clean, chapter=each), Streams(0)) for each in ("2", "3"))
    assert "kl" not in outer
    torch.testing.assert_close(inner["loss"], inner["code_error"] + 3 * inner["kl"])


def test_running_means_of_the_other_levels_stay_as_they_are(clean):
    made = composed(network=CONV)
    made.model.train()
    before = {name: each.clone() for name, each in made.model.named_buffers()}
    list(made.scheme.phases(made.model, Batch(clean, chapter="2"), Streams(0)))
    level = levels_of(made.model)[1]
    own = {id(each) for module in (*level.encoder, *level.decoder) for each in module.buffers()}
    for name, each in made.model.named_buffers():
        assert torch.equal(each, before[name]) == (id(each) not in own), name


def test_a_model_of_one_layer_has_one_level():
    made = composed(0.0, network={"kind": "dense", "hidden": []})
    assert [each.key for each in made.scheme.chapters(made.model, further=False)] == ["1"]


def test_networks_without_levels_are_refused_with_the_way_out():
    made = composed()
    made.model.decoder = nn.Sequential(*made.model.decoder)
    with pytest.raises(SettingError, match=r"do not come in levels.*scheme\.kind=end_to_end"):
        made.scheme.equip(made.model, 0)

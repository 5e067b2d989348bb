"""The Gaussian bottleneck with the class as a part of the code."""

import math

import pytest
import torch

from aecore.bottlenecks.gaussian_class import GaussianClass, GaussianClassSettings
from aecore.errors import SettingError
from aecore.model import Sampling

# mean 1, log variance log 9, and the classes with probabilities 1/4 and 3/4
FEATURES = torch.tensor([[1.0, math.log(9.0), 0.0, math.log(3.0)]])


def bottleneck(code_size: int = 1, classes: int = 2) -> GaussianClass:
    return GaussianClass(GaussianClassSettings(code_size=code_size, class_weight=5.0), classes)


def chance() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_the_code_ends_with_one_number_for_each_class():
    made = bottleneck(code_size=3, classes=4)
    assert (made.latent, made.features) == (7, 10)


def test_an_image_is_encoded_as_the_mean_and_what_the_encoder_thinks_of_its_class():
    assert bottleneck().code(FEATURES).tolist() == [pytest.approx([1.0, 0.25, 0.75])]


def test_in_training_the_class_is_the_true_one_and_naming_it_wrongly_costs_nats():
    coded = bottleneck().given(FEATURES.repeat(2, 1), None, torch.tensor([0, 1]))
    assert coded.codes.tolist() == [[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
    term = coded.terms["class_cross_entropy"]
    assert term.value.tolist() == pytest.approx([-math.log(0.25), -math.log(0.75)])
    assert term.weight == 5.0


def test_without_labels_nothing_is_said_of_the_class():
    coded = bottleneck()(FEATURES, chance())
    assert not coded.terms
    assert coded.codes[0, 1:].tolist() == pytest.approx([0.25, 0.75])
    assert float(coded.codes[0, 0]) != 1.0


def test_new_codes_are_of_every_class_equally_often():
    codes = bottleneck(code_size=2, classes=4).prior(4000, chance())
    styles, classes = codes[:, :2], codes[:, 2:]
    assert set(classes.unique().tolist()) == {0.0, 1.0}
    assert torch.all(classes.sum(1) == 1)
    assert classes.mean(0).tolist() == pytest.approx([0.25] * 4, abs=5 * math.sqrt(0.25 * 0.75 / 4000))
    assert float(styles.std()) == pytest.approx(1.0, abs=0.05)


def test_a_class_can_be_ordered_and_truncation_changes_the_style_alone():
    made = bottleneck(code_size=2, classes=3)
    codes = made.prior(2, chance())
    steered = made.steer(codes, Sampling(labels=torch.tensor([2, 0]), truncation=0.5))
    assert torch.equal(steered[:, :2], codes[:, :2] * 0.5)
    assert steered[:, 2:].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert torch.equal(made.steer(codes, Sampling()), codes)


@pytest.mark.parametrize("label", [-1, 2])
def test_a_class_that_the_images_do_not_have_is_refused(label):
    made = bottleneck()
    with pytest.raises(SettingError, match="the classes 0 to 1, others cannot be drawn"):
        made.steer(made.prior(1, chance()), Sampling(labels=torch.tensor([label])))


def test_images_without_classes_are_refused_with_both_ways_out():
    with pytest.raises(SettingError, match=r"have no classes: choose a data set .*, or set bottleneck\.kind=gaussian"):
        bottleneck(classes=0)

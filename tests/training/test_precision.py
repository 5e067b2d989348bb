"""Devices and number formats, with the devices of other machines played by stand-ins."""

from types import SimpleNamespace
from unittest.mock import ANY

import pytest
import torch

from aecore.errors import SettingError
from aecore.training.precision import Device, autocast, devices, find_device, products, resolve_precision

SLOW = Device("cpu", "CPU", bfloat16=False)
FAST = Device("cpu", "CPU", bfloat16=True)
CARD = Device("cuda:0", "A card", bfloat16=True, tf32=True)


@pytest.fixture
def _two_gpus(monkeypatch):
    """A new and an old NVIDIA card, and no Apple GPU."""
    cards = [
        SimpleNamespace(name="New card", major=9, minor=0, total_memory=80 * 2**30),
        SimpleNamespace(name="Old card", major=7, minor=5, total_memory=16 * 2**30),
    ]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(cards))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: cards[index])
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def _no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("_two_gpus")
def test_gpus_come_before_the_cpu_with_their_names_and_memory():
    found = devices()
    assert [each.key for each in found] == ["cuda:0", "cuda:1", "cpu"]
    assert [each.title for each in found[:2]] == ["New card", "Old card"]
    assert found[1].memory_bytes == 16 * 2**30


@pytest.mark.usefixtures("_two_gpus")
def test_an_old_card_does_not_count_as_fast_in_what_it_only_emulates():
    assert [(each.bfloat16, each.tf32) for each in devices()] == [(True, True), (False, False), (ANY, False)]


@pytest.mark.usefixtures("_two_gpus")
@pytest.mark.parametrize(
    ("key", "found"), [("auto", "cuda:0"), ("cuda", "cuda:0"), ("cuda:1", "cuda:1"), ("cpu", "cpu")]
)
def test_a_device_is_found_by_its_key_its_kind_or_as_the_best(key, found):
    assert find_device(key).key == found


@pytest.mark.usefixtures("_no_gpu")
def test_without_a_gpu_the_cpu_is_the_best_device():
    assert [each.key for each in devices()] == ["cpu"]
    assert find_device().key == "cpu"
    assert find_device("cpu").title.startswith("CPU, ")


@pytest.mark.usefixtures("_no_gpu")
def test_an_apple_gpu_comes_before_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    best = devices()[0]
    assert (best.key, best.bfloat16) == ("mps", False)


@pytest.mark.usefixtures("_two_gpus")
@pytest.mark.parametrize("key", ["cuda:2", "gpu", "", "mps"])
def test_a_device_that_is_not_there_is_refused_naming_those_that_are(key):
    with pytest.raises(SettingError, match=f"no device '{key}' here: choose auto or one of cuda:0, cuda:1, cpu"):
        find_device(key)


@pytest.mark.parametrize(
    ("chosen", "device", "resolved"),
    [
        ("auto", FAST, "bfloat16"),
        ("auto", SLOW, "float32"),
        ("bfloat16", SLOW, "bfloat16"),
        ("float32", FAST, "float32"),
        ("auto", CARD, "tf32"),
        ("tf32", CARD, "tf32"),
        ("tf32", FAST, "float32"),
        ("bfloat16", CARD, "bfloat16"),
        ("float32", CARD, "float32"),
    ],
)
def test_auto_takes_the_format_that_the_device_is_fast_in(chosen, device, resolved):
    assert resolve_precision(chosen, device) == resolved


@pytest.mark.parametrize(
    ("device", "precision", "said"),
    [(CARD, "tf32", "tf32"), (CARD, "float32", "ieee"), (CARD, "bfloat16", "ieee"), (FAST, "tf32", None)],
)
def test_products_are_as_exact_as_was_asked_for_and_afterwards_as_before(device, precision, said):
    places = (torch.backends.cuda.matmul, torch.backends.cudnn.conv)
    before = [each.fp32_precision for each in places]
    with products(device, precision):
        assert [each.fp32_precision for each in places] == (before if said is None else [said, said])
    assert [each.fp32_precision for each in places] == before


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_layers_compute_in_the_chosen_format_and_keep_their_weights_in_float32(precision, dtype):
    layer = torch.nn.Linear(3, 2)
    with autocast(SLOW, precision):
        assert layer(torch.zeros(1, 3)).dtype == dtype
    assert layer.weight.dtype == torch.float32

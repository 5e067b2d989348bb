"""A card on machines that have none."""

import contextlib

import pytest
import torch

from aecore.training import loop, together
from aecore.training.precision import Device


@pytest.fixture
def card(monkeypatch):
    """A device on which nothing is computed: what steps ask of it and bring from elsewhere is as on a GPU."""
    known = torch.Generator

    class OfTheCard(known):
        device = torch.device("meta")

        def __new__(cls, device="cpu"):
            return known.__new__(cls if device == "meta" else known)

    monkeypatch.setattr(torch, "Generator", OfTheCard)
    monkeypatch.setattr(torch, "_fused_adamw_", lambda *_, **__: None)  # which needs numbers
    for module in (loop, together):
        monkeypatch.setattr(module, "autocast", lambda *_: contextlib.nullcontext())
    return Device("meta", "A card", bfloat16=True)

"""A small run of every variant against the losses it once had, so that no change moves results unnoticed.

After a change that should move them: .venv/bin/python -m tests.training.test_golden
"""

import json
from pathlib import Path

import pytest

from aecore.training.events import Epoch
from aecore.training.loop import Training
from aecore.training.precision import Device
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from aecore.variants.catalog import VARIANTS
from tests.made_up import made_up_splits

GOLDEN = Path(__file__).with_name("golden.json")
TOLERANCE = 2e-3  # relative: processors round differently, and training makes a little of it into more
OF_OPPONENTS = 3e-2  # two networks that learn from each other carry rounding further
SHORT = {"training.epochs": 3, "training.batch_size": 20, "training.precision": "float32", "training.rotate_degrees": 5}


def recipe(variant: str) -> Recipe:
    return make_recipe(variant, DataChoice("made_up"), SHORT)


def losses(variant: str) -> dict[str, dict[str, float]]:
    """The losses of the last epoch in training and on validation images."""
    training = Training(recipe(variant), made_up_splits((3, 9, 12), train=100), Device("cpu", "CPU", False))
    *_, last = (event for event in training.events() if isinstance(event, Epoch))
    return {"train": dict(last.train), "validation": dict(last.validation)}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_small_run_ends_where_it_always_did(variant):
    golden = json.loads(GOLDEN.read_text())[variant]
    opponents = recipe(variant).parts.scheme.kind == "adversarial"
    for part, found in losses(variant).items():
        assert found == pytest.approx(golden[part], rel=OF_OPPONENTS if opponents else TOLERANCE), part


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps({variant: losses(variant) for variant in VARIANTS}, indent=1) + "\n")

"""Short trainings in which all that can depend on the other images of a batch does so, and their numbers.

As a program, started by torchrun: the same by several processes together, written to the file that is named.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch.distributed as dist
from torch import Tensor, nn

from aecore.places import Companions
from aecore.training import loop
from aecore.training.distributed import Company, Together
from aecore.training.events import CheckpointDue, Epoch
from aecore.training.loop import Training
from aecore.training.precision import Device
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS
from tests.made_up import made_up_set, made_up_splits

CPU = Device("cpu", "CPU", bfloat16=False)
# 25 images a step cannot be halved.
ODD = "simple"
SPLITS = made_up_splits((1, 8, 8), train=100, rest=61)
REST = made_up_set(501, (1, 8, 8), seed=5)  # measured 500 and 1 at a time, of which the last cannot be divided
SMALL = {"training.epochs": 2, "training.batch_size": 25, "training.precision": "float32"}
NARROW = {"network.hidden": (24,), "network.channels": (6, 8)}

Case = tuple[str, Mapping[str, object]]

CASES: dict[str, Case] = {key: (key, {}) for key in VARIANTS} | {
    "batch normalisation, augmentation, clipping": (
        "denoising",
        {
            "network.kind": "conv",
            "network.channels": (6, 8),
            "network.normalisation": True,
            "training.clip_norm": 1.0,
            "training.rotate_degrees": 10,
            "training.flip": True,
        },
    ),
    "a greedy one with batch normalisation": (
        "greedy",
        {"network.kind": "conv", "network.channels": (6, 8), "network.normalisation": True},
    ),
    "drawn pixels": ("conditional", {"network.hidden": (24,), "training.binarise": True}),
    "a rate of activations": (
        "sparse",
        {"bottleneck.kind": "sigmoid", "penalty.kind": "kl_rate", "network.hidden": (24,)},
    ),
    "units that compete": ("sparse", {"bottleneck.kind": "top_k", "penalty.kind": "none", "network.hidden": (24,)}),
    "noise of every strength": ("denoising", {"corruption.kind": "gaussian", "corruption.varying": True}),
    "pixels lost": ("denoising", {"corruption.kind": "masking", "corruption.varying": True}),
    "salt and pepper": ("denoising", {"corruption.kind": "salt_pepper"}),
}


def numbers(case: str, company: Company | None = None) -> dict[str, Any]:
    """The means of every epoch and what the weights have become, as a few sums."""
    variant, changes = CASES[case]
    splits = replace(SPLITS, validation=REST) if case == ODD else SPLITS
    known = make_recipe(variant, DataChoice("made_up"), {}, 0).parts.network.settings.to_dict()
    fitting = {
        name: size for name, size in NARROW.items() if isinstance(known.get(name.removeprefix("network.")), list)
    }
    narrow = {} if "network.kind" in changes else fitting
    recipe = make_recipe(variant, DataChoice("made_up"), {**SMALL, **narrow, **changes}, 0)
    training = Training(recipe, splits, CPU, company=company)
    epochs = [event for event in training.events() if isinstance(event, Epoch)]
    return {
        "train": [dict(each.train) for each in epochs],
        "validation": [dict(each.validation) for each in epochs],
        "weights": {name: float(each.double().abs().mean()) for name, each in _fitted(training.model).items()},
    }


def pressing(company: Together) -> list[list[bool]]:
    """Which checkpoints are pressing to each process. The first one alone thinks so of all, by its clock."""
    loop.CHECKPOINT_S = 0.0 if company.rank == 0 else 1e9
    recipe = make_recipe(ODD, DataChoice("made_up"), SMALL | {"training.epochs": 3}, 0)
    events = Training(recipe, SPLITS, CPU, company=company).events()
    found: list[list[bool]] = [[] for _ in range(company.ranks)]
    dist.all_gather_object(found, [each.pressing for each in events if isinstance(each, CheckpointDue)])
    return found


def _fitted(model: nn.Module) -> dict[str, Tensor]:
    """The state but for biases in front of a batch normalisation and its running mean of them.

    It takes them out again, so that their gradient is what rounding leaves of 0, which Adam makes steps of.
    """
    state, left_out = model.state_dict(), set()
    for name in [each for each in state if each.endswith(".running_mean")]:
        before, _, place = name.removesuffix(".running_mean").rpartition(".")
        left_out |= {name, f"{before}.{int(place) - 1}.bias"}
    return {name: each for name, each in state.items() if name not in left_out}


def main(file: Path) -> None:
    companions = Companions.found()
    assert companions is not None
    company = Together(companions)
    found: dict[str, Any] = {case: numbers(case, company) for case in CASES}
    found["pressing"] = pressing(company)
    if companions.rank == 0:
        file.write_text(json.dumps(found))
    company.leave()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

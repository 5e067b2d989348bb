"""RunSummary: what a list shows of a run, from values that may be damaged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STATES = ("queued", "running", "stopped", "finished", "failed", "crashed")
UNDER_WAY = ("queued", "running")


@dataclass(frozen=True)
class RunSummary:
    """What a list shows of a run."""

    id: str
    name: str
    variant: str  # "" where the recipe cannot be read
    dataset: str
    state: str  # one of STATES; "stopped" with 0 epochs and no parameters: not started yet
    created: str  # ISO 8601, UTC
    epochs_done: int
    epochs_total: int
    seed: int
    latent: int  # numbers in the code of the model; before it was ever built, the size that was chosen
    image_shape: tuple[int, int, int] | None  # None before the first start
    encodes: bool  # whether the model has an encoder
    generates: bool  # whether it draws new images
    steps: int  # in which an image comes into being; 0 where it takes one pass
    restores: bool  # whether it takes a corruption out of pictures of any size
    corruption: str  # the key of what it was trained with; "" where the recipe cannot be read
    parameters: int  # 0 before the first start
    device: str  # as a person reads it; before the first start the key that was asked for
    weights: bool  # whether those of an epoch are kept: the first ones of short epochs are not
    loss: float | None  # of the last validation
    metrics: Mapping[str, Any]  # the last line of metrics.jsonl; empty before the first epoch
    bytes: int
    starter: bool
    message: str  # what is wrong and the way out; "" when nothing is
    place: int | None = None  # in the queue: 1 is next
    progress: Mapping[str, Any] | None = None  # epoch, step, done (0 to 1), losses, images_per_second, seconds_left
    damaged: bool = False  # a file of the run cannot be used; `message` says which
    bottleneck: str = ""  # which kind its recipe chose; "" where that cannot be read
    classes: tuple[int, ...] = ()  # of the data set that it was trained on; () for all of them
    limit: int = 0  # training images; 0 for all of them


def summarise(
    run_id: str,
    starter: bool,
    status: Mapping[str, Any],
    about: Mapping[str, Any],
    recipe: Mapping[str, Any],
    size: int,
    weights: bool,
) -> RunSummary:
    """A summary from the content of the files; what is missing or of a wrong type is left empty."""
    metrics = mapping(status, "metrics")
    under_way = status["state"] in UNDER_WAY
    return RunSummary(
        id=run_id,
        name=str(about["name"]),
        variant=text(recipe, "variant"),
        dataset=text(recipe, "data", "name"),
        state=status["state"],
        created=str(about["created"]),
        epochs_done=whole(status, "epochs_done"),
        epochs_total=_epochs(recipe),
        seed=whole(recipe, "seed"),
        latent=whole(status, "latent") or whole(recipe, "parts", "bottleneck", "code_size"),
        image_shape=_shape(status.get("image_shape")),
        encodes=status.get("encodes", True) is not False,
        generates=status.get("generates") is True,
        steps=whole(recipe, "parts", "network", "steps"),
        restores=status.get("restores") is True,
        corruption=text(recipe, "parts", "corruption", "kind"),
        parameters=whole(status, "parameters"),
        device=text(status, "device") or str(about["device"]),
        weights=weights and whole(status, "epochs_done") > 0,
        loss=number(metrics, "validation", "loss"),
        metrics=metrics,
        bytes=size,
        starter=starter,
        message=text(status, "message"),
        place=(whole(status, "place") or None) if status["state"] == "queued" else None,
        progress=(mapping(status, "progress") or None) if under_way else None,
        damaged=bool(status.get("damaged")),
        bottleneck=text(recipe, "parts", "bottleneck", "kind"),
        classes=_classes(mapping(recipe, "data").get("classes")),
        limit=whole(recipe, "data", "limit"),
    )


def text(values: object, *keys: str) -> str:
    """The text below `keys`; "" where there is none."""
    value = _dig(values, *keys)
    return value if isinstance(value, str) else ""


def whole(values: object, *keys: str) -> int:
    """The whole number below `keys`; 0 where there is none."""
    value = _dig(values, *keys)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def number(values: object, *keys: str) -> float | None:
    """The number below `keys`; None where there is none."""
    value = _dig(values, *keys)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def mapping(values: object, *keys: str) -> dict[str, Any]:
    """The object below `keys`; empty where there is none."""
    value = _dig(values, *keys)
    return value if isinstance(value, dict) else {}


def _dig(values: Any, *keys: str) -> Any:
    for key in keys:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _epochs(recipe: Mapping[str, Any]) -> int:
    stages = recipe.get("stages")
    return sum(whole(stage, "epochs") for stage in stages) if isinstance(stages, list) else 0


def _classes(value: object) -> tuple[int, ...]:
    known = value if isinstance(value, list) else []
    return tuple(sorted(each for each in known if isinstance(each, int)))


def _shape(value: object) -> tuple[int, int, int] | None:
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(each, int) for each in value):
        return None
    return value[0], value[1], value[2]

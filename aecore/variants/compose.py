"""From choices to a model: each axis is looked up in its catalog and the parts are put together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from aecore.bottlenecks.catalog import BOTTLENECKS
from aecore.catalog import Catalog, Part
from aecore.corruption.catalog import CORRUPTIONS, Corruption
from aecore.errors import SettingError
from aecore.model import Model
from aecore.networks.catalog import NETWORKS
from aecore.objectives.catalog import PENALTIES, RECONSTRUCTIONS, Objective
from aecore.randomness import derive
from aecore.schemes.catalog import SCHEMES
from aecore.schemes.scheme import Scheme
from aecore.settings import Settings
from aecore.shapes import ImageShape
from aecore.variants.variant import PART_KINDS

CATALOGS: dict[str, Catalog[Any]] = {
    "corruption": CORRUPTIONS,
    "network": NETWORKS,
    "bottleneck": BOTTLENECKS,
    "objective": RECONSTRUCTIONS,
    "penalty": PENALTIES,
    "scheme": SCHEMES,
}


@dataclass(frozen=True)
class Choice:
    """One part chosen on one axis, with its settings."""

    kind: str
    settings: Settings

    def to_dict(self) -> dict[str, object]:
        """{"kind": ..., setting: value ...}"""
        return {"kind": self.kind, **self.settings.to_dict()}


@dataclass(frozen=True)
class Parts:
    """A choice on every axis."""

    corruption: Choice
    network: Choice
    bottleneck: Choice
    objective: Choice
    penalty: Choice
    scheme: Choice

    def __post_init__(self) -> None:
        needs = PENALTIES[self.penalty.kind].needs
        if needs and needs not in BOTTLENECKS[self.bottleneck.kind].offers:
            fitting = " or ".join(key for key, part in BOTTLENECKS.items() if needs in part.offers)
            raise SettingError(
                f"penalty.kind is {self.penalty.kind!r}, but the bottleneck is {self.bottleneck.kind!r} and has no "
                f"{needs}: set bottleneck.kind={fitting} or penalty.kind=none."
            )

    @classmethod
    def from_dict(cls, values: object) -> "Parts":
        """Parts from plain JSON values; SettingError for an unknown axis, part, setting or value."""
        if not isinstance(values, Mapping):
            raise SettingError(f"The parts are {values!r}: give an object with a choice for every axis.")
        unknown = set(values) - set(PART_KINDS)
        if unknown:
            raise SettingError(
                f"There is no part {', '.join(map(repr, sorted(unknown)))}: the parts are {', '.join(PART_KINDS)}."
            )
        missing = [axis for axis in PART_KINDS if axis not in values]
        if missing:
            raise SettingError(f"The parts {', '.join(missing)} are missing: every axis needs a choice.")
        return cls(**{axis: choose(axis, values[axis]) for axis in PART_KINDS})

    def to_dict(self) -> dict[str, dict[str, object]]:
        """{"corruption": {"kind": ...}, ...}"""
        return {axis: getattr(self, axis).to_dict() for axis in PART_KINDS}

    def with_corruption(self, choice: Choice) -> "Parts":
        """The same parts behind another corruption."""
        return replace(self, corruption=choice)


@dataclass(frozen=True)
class Composition:
    """A model and the scheme that fits it."""

    model: Model
    scheme: Scheme
    corruption: Corruption
    objective: Objective


def choose(axis: str, values: object) -> Choice:
    """A choice from {"kind": ..., setting: value ...}; what is absent takes its default."""
    if not isinstance(values, Mapping) or not isinstance(values.get("kind"), str):
        raise SettingError(f"The part {axis!r} must say its kind: choose one of {', '.join(CATALOGS[axis])}.")
    kind = str(values["kind"])
    part = CATALOGS[axis][kind]
    rest = {name: value for name, value in values.items() if name != "kind"}
    return Choice(kind, part.settings.from_dict(rest, axis))


def compose(parts: Parts, image_shape: ImageShape, seed: int, classes: int = 0) -> Composition:
    """Model and scheme for images of `image_shape` with so many classes; the weights follow from `seed` alone.

    SettingError for parts that do not fit the images or each other.
    """
    corruption = _build(CORRUPTIONS, parts.corruption)
    objective = Objective(_build(RECONSTRUCTIONS, parts.objective), _build(PENALTIES, parts.penalty))
    bottleneck = BOTTLENECKS[parts.bottleneck.kind].build(parts.bottleneck.settings, classes)
    scheme: Scheme = SCHEMES[parts.scheme.kind].build(parts.scheme.settings, corruption, objective)
    # torch's layers draw their first weights from the CPU's global generator: it is lent a seed and given back.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derive(seed, "weights"))
        network = NETWORKS[parts.network.kind]
        # A bottleneck without features or a size of its own is refused below, with a better sentence than torch's.
        features, latent = max(bottleneck.features, 1), max(bottleneck.latent, 1)
        built = network.build(parts.network.settings, image_shape, features, latent, classes)
        model = built.model(bottleneck, image_shape)
        _check_trains(scheme, model, parts)
        scheme.equip(model, classes)
    return Composition(model, scheme, corruption, objective)


def _check_trains(scheme: Scheme, model: Model, parts: Parts) -> None:
    if not isinstance(model, scheme.trains):
        fitting = [key for key, part in SCHEMES.items() if isinstance(model, part.build.trains)]  # type: ignore[attr-defined]
        raise SettingError(
            f"scheme.kind is {parts.scheme.kind!r}, which does not train what network.kind={parts.network.kind} makes: "
            f"choose scheme.kind={' or '.join(fitting)}, or another network."
        )


def _build(catalog: Catalog[Any], choice: Choice) -> Any:
    part: Part[Any] = catalog[choice.kind]
    return part.build(choice.settings)

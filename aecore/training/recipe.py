"""The recipe: one frozen object that says everything needed to train a model again.

    {"format": 1, "variant": "variational", "seed": 0, "code_version": "0.1.0",
     "data":   {"name": "mnist", "classes": [], "limit": 0, "fingerprint": "..."},
     "parts":  {"network": {"kind": "dense", "hidden": [512, 256], ...}, ...},
     "stages": [{"epochs": 20, "batch_size": 256, ...}]}

Every value is written out, so that a later change of a default does not change an old recipe. An unknown key is an
error. `stages` has one entry for each time training was started anew on the same model.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aecore import __version__
from aecore.errors import SettingError
from aecore.randomness import MAX_SEED
from aecore.settings import Settings, describe, setting, unknown_setting
from aecore.variants.catalog import variant as find_variant
from aecore.variants.compose import CATALOGS, Parts
from aecore.variants.variant import NEUTRAL, PART_KINDS, Changes

FORMAT = 1
KEYS = ("format", "variant", "seed", "code_version", "data", "parts", "stages")


@dataclass(frozen=True)
class TrainingSettings(Settings):
    """How the parameters are fitted."""

    epochs: int = setting(20, 1, 10000, "passes", "how often every training image is seen", logarithmic=True)
    batch_size: int = setting(
        0,
        0,
        16384,
        "images",
        "images per step: few learn more per image, many run faster; 0 takes 256, less for small data sets",
        advanced=True,
    )
    learning_rate: float = setting(
        2e-3, 1e-7, 1.0, "per step", "size of the steps at the top of the schedule", logarithmic=True, advanced=True
    )
    schedule: str = setting(
        "one_cycle",
        choices=("one_cycle", "cosine", "constant"),
        reason="how the size of the steps changes: up then down to nothing, only down, or not at all",
        advanced=True,
    )
    weight_decay: float = setting(
        0.0, 0.0, 1.0, "per step and learning rate", "pulls weights towards 0 (AdamW)", advanced=True
    )
    clip_norm: float = setting(
        0.0, 0.0, 1e6, "gradient norm", "larger gradients are shortened to this length; 0 never",
        label="Longest gradient", advanced=True,
    )  # fmt: skip
    rotate_degrees: float = setting(
        0.0, 0.0, 180.0, "degrees", "augmentation: every training image is turned by up to this much",
        label="Rotation", advanced=True,
    )  # fmt: skip
    shift_pixels: float = setting(
        0.0, 0.0, 32.0, "pixels", "augmentation: and shifted by up to this much", label="Shift", advanced=True
    )
    scale_percent: float = setting(
        0.0, 0.0, 90.0, "%", "augmentation: and made larger or smaller by up to this much",
        label="Scaling", advanced=True,
    )  # fmt: skip
    shear_degrees: float = setting(
        0.0, 0.0, 45.0, "degrees", "augmentation: and slanted by up to this much", label="Shear", advanced=True
    )
    flip: bool = setting(
        False, label="Mirroring", reason="augmentation: and mirrored left to right half of the time", advanced=True
    )
    binarise: bool = setting(
        False,
        label="Binarised pixels",
        reason="every pixel is drawn black or white anew at each use, white with the probability of its grey value: "
        "likelihoods of such images can be compared with published ones",
        advanced=True,
    )
    order: int = setting(
        -1, -1, MAX_SEED, "seed", "of the order in which images are met and of how they are changed on the way; -1 "
        "takes the run's own", label="Order of the images", advanced=True,
    )  # fmt: skip
    precision: str = setting(
        "auto",
        choices=("auto", "float32", "tf32", "bfloat16"),
        reason="auto takes tf32 on NVIDIA's cards and bfloat16 on processors that are fast in it; float32 is exact and "
        "slower",
        advanced=True,
    )
    snapshots: int = setting(
        12, 1, 200, "epochs", "how many epochs are recorded for replay", label="Recorded epochs", advanced=True
    )


@dataclass(frozen=True)
class DataChoice:
    """Which images: the data set's name, some of its classes (none = all), and how many (0 = all)."""

    name: str
    classes: tuple[int, ...] = ()
    limit: int = 0
    fingerprint: str = ""  # of the data set when the run was made; "" while not yet known

    def __post_init__(self) -> None:
        _check_choice(self.name, self.classes, self.limit, self.fingerprint)

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "name": self.name,
            "classes": list(self.classes),
            "limit": self.limit,
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_dict(cls, values: Any) -> "DataChoice":
        """SettingError for unknown keys or values of a wrong type."""
        _known_keys(values, ("name", "classes", "limit", "fingerprint"), "data")
        name, classes = values.get("name", ""), values.get("classes", [])
        limit, fingerprint = values.get("limit", 0), values.get("fingerprint", "")
        _check_choice(name, classes, limit, fingerprint)
        return cls(name, tuple(classes), limit, fingerprint)


@dataclass(frozen=True)
class Recipe:
    """Everything needed to train again."""

    variant: str
    data: DataChoice
    parts: Parts
    stages: tuple[TrainingSettings, ...]
    seed: int = 0
    code_version: str = __version__

    def __post_init__(self) -> None:
        find_variant(self.variant)
        _check_seed(self.seed)
        if not self.stages:
            raise SettingError("The recipe has no stages: it needs at least one set of training settings.")

    @property
    def code_size(self) -> int:
        """The setting, 0 where the networks decide. The model's code may be longer, for instance by the class."""
        return int(getattr(self.parts.bottleneck.settings, "code_size", 0))

    @property
    def epochs(self) -> int:
        """Epochs of all stages together."""
        return sum(stage.epochs for stage in self.stages)

    @property
    def order_seed(self) -> int:
        """The seed of what happens to images before a model is shown them: their order, augmentation, binarising."""
        return self.seed if self.stages[0].order < 0 else self.stages[0].order

    def with_stage(self, epochs: int) -> "Recipe":
        """The same recipe with one more stage of `epochs`, otherwise like the last one."""
        last = self.stages[-1].to_dict() | {"epochs": epochs}
        return replace(self, stages=(*self.stages, TrainingSettings.from_dict(last, "training")))

    def with_fingerprint(self, fingerprint: str) -> "Recipe":
        """The same recipe, bound to the data as they are now."""
        return replace(self, data=replace(self.data, fingerprint=fingerprint))

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "format": FORMAT,
            "variant": self.variant,
            "seed": self.seed,
            "code_version": self.code_version,
            "data": self.data.to_dict(),
            "parts": self.parts.to_dict(),
            "stages": [stage.to_dict() for stage in self.stages],
        }

    def flat(self) -> dict[str, object]:
        """What is chosen, as `make_recipe` takes it: "part.setting" and the value, of the first stage."""
        settings = {**self.parts.to_dict(), "training": self.stages[0].to_dict()}
        return {
            f"{axis}.{name}": tuple(value) if isinstance(value, list) else value
            for axis, values in settings.items()
            for name, value in values.items()
        }

    def to_json(self) -> str:
        """The text of recipe.json."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    @classmethod
    def from_dict(cls, values: Any) -> "Recipe":
        """SettingError for a key nobody knows, one that is missing, or a value that does not fit."""
        if not isinstance(values, Mapping):
            raise SettingError("A recipe must be a JSON object.")
        _known_keys(values, KEYS, "recipe")
        if values.get("format") != FORMAT:
            raise SettingError(
                f"This recipe has the format {values.get('format')!r}, this version of the lab reads format {FORMAT}."
            )
        missing = [key for key in KEYS if key not in values]
        if missing:
            raise SettingError(f"The recipe lacks {', '.join(missing)}.")
        _check_seed(values["seed"])
        stages = values["stages"]
        if not isinstance(stages, list):
            raise SettingError("The stages of a recipe must be a list of training settings.")
        return cls(
            variant=find_variant(values["variant"]).key,
            data=DataChoice.from_dict(values["data"]),
            parts=Parts.from_dict(values["parts"]),
            stages=tuple(TrainingSettings.from_dict(stage, "training") for stage in stages),
            seed=values["seed"],
            code_version=str(values["code_version"]),
        )

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """SettingError when the text is no recipe."""
        try:
            values = json.loads(text)
        except ValueError as error:
            raise SettingError(f"The recipe is not readable as JSON ({error}).") from None
        return cls.from_dict(values)


def make_recipe(variant: str, data: DataChoice, changes: Changes | None = None, seed: int = 0) -> Recipe:
    """The recipe of a variant with `changes` ("part.setting": value, as text or as a value).

    Without a limit the data have that of the variant, if it has one. Text is read as on the command line.
    SettingError for a name or a value that does not fit.
    """
    few = find_variant(variant).images
    data = replace(data, limit=few) if few and not data.limit else data
    own = find_variant(variant).changes
    return _composed(variant, data, {**_fitting(own, changes or {}), **(changes or {})}, seed)


def changed_recipe(recipe: Recipe, changes: Changes) -> Recipe:
    """The recipe of a new run like `recipe`, with `changes`, among which may be a "seed".

    The settings of a part that is replaced go with it. SettingError for a name or a value that does not fit.
    """
    rest = {name: value for name, value in changes.items() if name != "seed"}
    flat = {**_fitting(recipe.flat(), rest), "training.epochs": recipe.epochs, **rest}
    return _composed(recipe.variant, recipe.data, flat, _seed_from(changes.get("seed", recipe.seed)))


def _composed(variant: str, data: DataChoice, flat: Changes, seed: int) -> Recipe:
    """The recipe of flat changes; what they do not speak of is neutral."""
    parts: dict[str, dict[str, object]] = {axis: {"kind": NEUTRAL[axis]} for axis in PART_KINDS}
    training: dict[str, object] = {}
    for name, value in flat.items():
        if name.endswith(".kind") and name[:-5] in parts:
            CATALOGS[name[:-5]][str(value)]
            parts[name[:-5]]["kind"] = value
    for name, value in flat.items():
        axis, _, each = name.partition(".")
        if axis == "training":
            training[each] = _read(TrainingSettings, each, value, axis)
        elif axis not in parts or not each:
            raise SettingError(
                f"There is no setting {name!r}: write part.setting, where part is one of "
                f"{', '.join((*PART_KINDS, 'training'))}."
            )
        elif each != "kind":
            settings = CATALOGS[axis][str(parts[axis]["kind"])].settings
            parts[axis][each] = _read(settings, each, value, axis)
    return Recipe(variant, data, Parts.from_dict(parts), (TrainingSettings.from_dict(training, "training"),), seed)


def _fitting(changes_so_far: Changes, changes: Changes) -> dict[str, object]:
    """Changes so far, less the settings of a part that `changes` replace by one which lacks them."""
    own = dict(changes_so_far)
    for axis in PART_KINDS:
        chosen = changes.get(f"{axis}.kind", own.get(f"{axis}.kind", NEUTRAL[axis]))
        known = {f"{axis}.{each.name}" for each in describe(CATALOGS[axis][str(chosen)].settings)} | {f"{axis}.kind"}
        own = {name: value for name, value in own.items() if not name.startswith(f"{axis}.") or name in known}
    return own


def _read(settings: type[Settings], name: str, value: object, where: str) -> object:
    known = {described.name: described for described in describe(settings)}
    if name not in known:
        raise SettingError(unknown_setting(f"{where}.{name}", known))
    return known[name].parse(value, where) if isinstance(value, str) else known[name].check(value, where)


def _known_keys(values: object, known: tuple[str, ...], where: str) -> None:
    if not isinstance(values, Mapping):
        raise SettingError(f"The {where} must be a JSON object.")
    unknown = [str(key) for key in values if key not in known]
    if unknown:
        raise SettingError(
            f"The {where} has the unknown key {', '.join(map(repr, unknown))}: known are {', '.join(known)}."
        )


def _check_choice(name: object, classes: object, limit: object, fingerprint: object) -> None:
    if not isinstance(name, str) or not name:
        raise SettingError(f"data.name is {name!r}: give the name of a data set.")
    if not isinstance(classes, (list, tuple)) or not all(_whole(each) for each in classes):
        raise SettingError(f"data.classes is {classes!r}: give the numbers of classes, or none for all.")
    if not _whole(limit):
        raise SettingError(f"data.limit is {limit!r}: give a whole number of images, or 0 for all.")
    if not isinstance(fingerprint, str):
        raise SettingError(f"data.fingerprint is {fingerprint!r}: give the text that the data set has.")


def _seed_from(value: object) -> int:
    seed = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
    _check_seed(seed)
    assert isinstance(seed, int)
    return seed


def _check_seed(seed: object) -> None:
    if not isinstance(seed, int) or not _whole(seed) or seed > MAX_SEED:
        raise SettingError(f"The seed is {seed!r}: give a whole number from 0 to {MAX_SEED}.")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0

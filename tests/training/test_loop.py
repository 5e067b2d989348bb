"""The training loop: what it yields, that it learns, and that it goes on to the last bit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
import torch

from aecore.data.image_set import ImageSet, Splits
from aecore.errors import RunError, SettingError, TrainingError
from aecore.model import Autoencoder
from aecore.schemes.catalog import SCHEMES
from aecore.training import loop
from aecore.training.checkpoints import Checkpoint, Position, read_checkpoint
from aecore.training.events import CheckpointDue, Epoch, Event, Finished, Preview, Progress, Started
from aecore.training.loop import Training
from aecore.training.precision import Device
from aecore.training.recipe import DataChoice, Recipe, make_recipe
from aecore.training.schedule import END, START, recorded_epochs
from aecore.variants.catalog import VARIANTS
from tests.made_up import made_up_set, made_up_splits

CPU = Device("cpu", "CPU", bfloat16=False)
GREY, COLOUR = made_up_splits((1, 8, 8)), made_up_splits((3, 9, 12))

SMALL = {"training.epochs": 2, "training.batch_size": 32, "training.learning_rate": 0.01}
DENSE = {"network.kind": "dense", "network.hidden": (24,)}
CONV = {"network.kind": "conv", "network.channels": (6, 8)}
AUGMENTED = {"training.rotate_degrees": 10, "training.shift_pixels": 1, "training.flip": True}

# Everything that a step can leave behind: chance in two places, batch norm's averages, augmentation, clipping, decay.
DEMANDING = {
    "dense variational": ("variational", DENSE | {"corruption.kind": "masking"}),
    "convolutional with batch normalisation and augmentation": (
        "denoising",
        CONV | {"network.normalisation": True, "training.weight_decay": 0.01, "training.clip_norm": 1.0} | AUGMENTED,
    ),
    "in bfloat16": ("simple", {"training.precision": "bfloat16"}),
    "binarised and conditional, with a KL that rises": (
        "conditional",
        {"network.hidden": (24,), "training.binarise": True, "penalty.warm_up": 0.7},
    ),
}


def small(variant: str = "simple", changes: Mapping[str, object] | None = None, seed: int = 0) -> Recipe:
    return make_recipe(variant, DataChoice("made_up"), {**SMALL, **(changes or {})}, seed)


def train(recipe: Recipe, splits: Splits = GREY, checkpoint: Checkpoint | None = None) -> tuple[Training, list[Event]]:
    training = Training(recipe, splits, CPU, checkpoint)
    return training, list(training.events())


def of_kind(kind: type, events: Iterable[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


def assert_same_weights(one: Training, other: Training) -> None:
    theirs = other.model.state_dict()
    for name, each in one.model.state_dict().items():
        assert torch.equal(each, theirs[name]), name


def assert_same_numbers(one: list[Event], other: list[Event]) -> None:
    """The same epochs with the same metrics, to the last bit; times may differ."""
    numbers = [
        [(each.epoch, each.stage, each.step, each.train, each.validation, each.learning_rate)
         for each in of_kind(Epoch, events)] for events in (one, other)
    ]  # fmt: skip
    assert numbers[0] == numbers[1]
    for mine, theirs in zip(of_kind(Preview, one), of_kind(Preview, other), strict=True):
        assert np.array_equal(mine.codes, theirs.codes)
        assert np.array_equal(mine.reconstructions, theirs.reconstructions)


@pytest.fixture
def _every_step_reports(monkeypatch):
    monkeypatch.setattr(loop, "PROGRESS_S", 0.0)


# --- it learns

RECONSTRUCTING = [key for key in VARIANTS if SCHEMES[small(key).parts.scheme.kind].build.trains is Autoencoder]


@pytest.mark.parametrize("splits", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("variant", RECONSTRUCTING)
def test_every_variant_that_reconstructs_learns_to(variant, splits):
    """At the end of the first chapter the reconstruction error lies well below what it was after the first epoch."""
    known = small(variant).parts.network.settings.to_dict()
    sizes = {"network.hidden": (32,), "network.channels": (8, 8)}
    narrow = {name: size for name, size in sizes.items() if name.removeprefix("network.") in known}
    training, events = train(small(variant, {**narrow, "training.epochs": 6, "training.batch_size": 16}), splits)
    epochs = of_kind(Epoch, events)
    first, *_, last = [each for each in epochs if each.chapter == epochs[0].chapter]
    error = next(name for name in ("squared_error", "cross_entropy") if name in first.validation)
    assert last.train[error] < 0.9 * first.train[error]
    assert last.validation["loss"] < first.validation["loss"]
    assert training.position.epoch == 6


class Clock:
    """A clock that goes on by these times whenever somebody looks."""

    def __init__(self, *ticks: float):
        self._ticks, self._now = cycle(ticks), 0.0

    def perf_counter(self) -> float:
        """Seconds."""
        self._now += next(self._ticks)
        return self._now

    def time(self) -> float:
        """Seconds."""
        return self._now


def pressing(events: Iterable[Event], kept_at: float = 0.0) -> list[bool]:
    """Which ends of epochs lie a second or more of training behind the last such end."""
    found = []
    for each in of_kind(Epoch, events):
        found.append(each.seconds - kept_at >= 1.0)
        kept_at = each.seconds if found[-1] else kept_at
    return found


def test_a_checkpoint_is_pressing_after_each_second_of_training_and_at_the_very_end(monkeypatch):
    monkeypatch.setattr(loop, "time", Clock(0.03))
    training = Training(small(changes={"training.epochs": 8}), GREY, CPU)
    events, kept = [], []
    for event in training.events():
        events.append(event)
        if isinstance(event, CheckpointDue) and event.pressing:
            kept.append(training.checkpoint())

    due = of_kind(CheckpointDue, events)
    assert [each.pressing for each in due[:-1]] == pressing(events)[:-1]
    assert True in pressing(events)[:-2]
    assert False in pressing(events)
    assert due[-1].pressing
    _, rest = train(small(changes={"training.epochs": 8}), GREY, kept[0])
    assert of_kind(CheckpointDue, rest) == due[kept[0].position.epoch :]


def test_epochs_of_a_second_have_a_checkpoint_each(monkeypatch):
    monkeypatch.setattr(loop, "time", Clock(1.0))
    _, events = train(small(changes={"training.epochs": 3}))
    assert [each.pressing for each in of_kind(CheckpointDue, events)] == [True] * 3


def test_events_come_in_their_order():
    _, events = train(small())
    kinds = [type(event) for event in events if not isinstance(event, Progress)]
    assert kinds == [Started, *[Epoch, Preview, CheckpointDue] * 2, Finished]
    assert isinstance(events[1], Progress)


def test_the_first_event_says_what_is_trained_on_what():
    training, events = train(small())
    parameters = sum(each.numel() for each in training.model.parameters())
    assert events[0] == Started("CPU", "float32", parameters, 0, 2, 300, 60)


@pytest.mark.usefixtures("_every_step_reports")
def test_the_loss_of_an_epoch_is_the_mean_over_the_images_it_met():
    _, events = train(small("variational", DENSE))
    for epoch in of_kind(Epoch, events):
        steps = [each for each in of_kind(Progress, events) if each.epoch == epoch.epoch - 1]
        assert len(steps) == 300 // 32
        for name in ("loss", "cross_entropy", "kl"):
            assert epoch.train[name] == pytest.approx(np.mean([step.losses[name] for step in steps]))
        assert epoch.train["loss"] == pytest.approx(epoch.train["cross_entropy"] + epoch.train["kl"])


@pytest.mark.usefixtures("_every_step_reports")
def test_progress_counts_steps_and_the_share_of_all_work():
    _, events = train(small())
    steps = of_kind(Progress, events)
    assert [each.step for each in steps] == list(range(1, 19))
    assert [each.epoch for each in steps] == [0] * 9 + [1] * 9
    assert [each.done for each in steps] == pytest.approx([step / 18 for step in range(1, 19)])
    assert all(each.images_per_second > 0 for each in steps)
    assert steps[-1].seconds_left == 0


def test_validation_is_the_mean_over_all_images_whatever_their_number():
    """601 images are measured 500 and 101 at a time."""
    splits = replace(GREY, validation=made_up_set(601, (1, 8, 8), seed=5))
    training, events = train(small(changes={"training.epochs": 1, "objective.kind": "mse"}), splits)
    images = torch.from_numpy(splits.validation.images).float() / 255
    with torch.no_grad():
        errors = (training.model.eval()(images).images - images).square().flatten(1).sum(1)
    (epoch,) = of_kind(Epoch, events)
    assert epoch.validation["squared_error"] == pytest.approx(float(errors.mean()), rel=1e-5)


def test_a_batch_larger_than_the_data_is_all_of_the_data():
    _, events = train(small(changes={"training.batch_size": 1000}))
    assert [each.step for each in of_kind(Epoch, events)] == [1, 2]


@pytest.mark.parametrize("kind", ["none", "masking"])
def test_previews_show_the_first_validation_images_corrupted_in_the_same_way_every_time(kind):
    training, events = train(small(changes={"corruption.kind": kind}))
    first, second = of_kind(Preview, events)
    assert np.array_equal(first.clean, GREY.validation.images[:16])
    assert np.array_equal(first.corrupted, first.clean) == (kind == "none")
    assert np.array_equal(first.corrupted, second.corrupted)
    assert first.codes.shape == (60, training.model.latent)
    images = torch.from_numpy(GREY.validation.images).float() / 255
    seen = torch.from_numpy(second.corrupted).float() / 255
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(second.codes), training.model.encode(images))
        shown = training.model.decode(training.model.encode(seen)).mul(255).round()
    difference = np.abs(second.reconstructions.astype(int) - shown.numpy().astype(int))
    assert second.reconstructions.dtype == np.uint8
    assert difference.max() <= 1


def test_previews_say_which_epochs_are_recorded_anew_in_every_stage():
    recipe = small(changes={"training.epochs": 5, "training.snapshots": 3, "training.batch_size": 300}).with_stage(4)
    _, events = train(recipe)
    recorded = {each.epoch for each in of_kind(Preview, events) if each.recorded}
    assert recorded == recorded_epochs(5, 3) | {5 + epoch for epoch in recorded_epochs(4, 3)}


# --- the same again


@pytest.mark.parametrize("name", DEMANDING)
def test_the_same_seed_gives_the_same_run_and_another_seed_another(name):
    variant, changes = DEMANDING[name]
    one, events = train(small(variant, changes), COLOUR)
    same, same_events = train(small(variant, changes), COLOUR)
    assert_same_weights(one, same)
    assert_same_numbers(events, same_events)
    other, other_events = train(small(variant, changes, seed=1), COLOUR)
    assert of_kind(Epoch, other_events)[0].train != of_kind(Epoch, events)[0].train
    streams = other.checkpoint().part("stream")
    assert not any(torch.equal(each, streams[name]) for name, each in one.checkpoint().part("stream").items())


def interrupted(recipe: Recipe, splits: Splits, here: Callable[[Event], bool]) -> Checkpoint:
    """The checkpoint at the first event that `here` says yes to, where training is then abandoned."""
    training = Training(recipe, splits, CPU)
    events = training.events()
    assert any(here(event) for event in events)
    checkpoint = training.checkpoint()
    events.close()  # type: ignore[attr-defined]
    return checkpoint


PLACES: dict[str, Callable[[Event], bool]] = {
    "before the first step": lambda event: isinstance(event, Started),
    "after the first step": lambda event: isinstance(event, Progress) and event.step == 1,
    "in the middle of an epoch": lambda event: isinstance(event, Progress) and event.step == 13,
    "after the last step of an epoch": lambda event: isinstance(event, Progress) and event.step == 9,
    "at the end of an epoch": lambda event: isinstance(event, Epoch),
    "where a checkpoint is due": lambda event: isinstance(event, CheckpointDue),
}


@pytest.mark.usefixtures("_every_step_reports")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", DEMANDING)
def test_training_resumed_from_a_file_goes_on_as_if_nothing_had_happened(name, place, tmp_path):
    variant, changes = DEMANDING[name]
    recipe = small(variant, changes)
    whole, events = train(recipe, COLOUR)

    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(interrupted(recipe, COLOUR, PLACES[place]).to_bytes())
    checkpoint = read_checkpoint(file)
    resumed, rest = train(recipe, COLOUR, checkpoint)

    assert_same_weights(whole, resumed)
    assert_same_numbers([event for event in events if event.epoch > checkpoint.position.epoch], rest)
    assert isinstance(rest[-1], Finished)
    assert rest[-1].step == events[-1].step


@pytest.mark.usefixtures("_every_step_reports")
def test_training_that_is_left_and_taken_up_again_in_the_same_process_goes_on():
    recipe = small("variational", DENSE)
    whole, _ = train(recipe)
    training = Training(recipe, GREY, CPU)
    for event in training.events():
        if isinstance(event, Progress) and event.step == 5:
            break
    assert [type(event) for event in training.events()][-1] is Finished
    assert_same_weights(whole, training)


@pytest.mark.usefixtures("_every_step_reports")
def test_looking_at_the_model_between_events_changes_nothing():
    variant, changes = DEMANDING["convolutional with batch normalisation and augmentation"]
    whole, _ = train(small(variant, changes), COLOUR)
    training = Training(small(variant, changes), COLOUR, CPU)
    images = torch.from_numpy(COLOUR.test.images).float() / 255
    for event in training.events():
        if isinstance(event, (Progress, Epoch)):
            training.model.eval().encode(images)
            training.checkpoint()
    assert_same_weights(whole, training)


def test_a_checkpoint_is_a_copy_that_further_training_does_not_change():
    training = Training(small(), GREY, CPU)
    events = training.events()
    assert any(isinstance(event, CheckpointDue) for event in events)
    checkpoint = training.checkpoint()
    before = {name: each.clone() for name, each in checkpoint.tensors.items()}
    list(events)
    assert checkpoint.position.epoch == 1
    assert all(torch.equal(each, before[name]) for name, each in checkpoint.tensors.items())


def test_seconds_count_on_over_a_pause():
    recipe = small()
    checkpoint = interrupted(recipe, GREY, PLACES["where a checkpoint is due"])
    later = replace(checkpoint, position=replace(checkpoint.position, seconds=100.0))
    training, events = train(recipe, GREY, later)
    (epoch,) = of_kind(Epoch, events)
    assert 100 < epoch.seconds < 130
    assert events[-1] == Finished(2, 18, training.position.seconds)


# --- stages


def test_a_finished_run_goes_on_with_a_further_stage_and_a_schedule_of_its_own():
    recipe = small(changes={"training.epochs": 1})
    first, before = train(recipe)
    again, events = train(recipe.with_stage(2), GREY, first.checkpoint())
    assert events[0].epoch == 1
    assert events[0].epochs == 3
    epochs = of_kind(Epoch, events)
    assert [(each.epoch, each.stage) for each in epochs] == [(2, 1), (3, 1)]
    ends = [of_kind(Epoch, before)[-1].learning_rate, epochs[-1].learning_rate]
    assert ends == pytest.approx([0.01 * END] * 2)
    assert epochs[0].learning_rate > 100 * 0.01 * END
    assert epochs[-1].validation["loss"] < of_kind(Epoch, before)[-1].validation["loss"]
    assert again.position.epoch == 3


def test_two_stages_in_one_go_equal_the_second_one_begun_later():
    recipe = small("variational", DENSE | {"training.epochs": 1})
    first, _ = train(recipe)
    later, _ = train(recipe.with_stage(1), GREY, first.checkpoint())
    at_once, _ = train(recipe.with_stage(1))
    assert_same_weights(later, at_once)


def test_a_finished_run_has_nothing_left_to_do():
    recipe = small()
    first, _ = train(recipe)
    again, events = train(recipe, GREY, first.checkpoint())
    assert [type(event) for event in events] == [Started, Finished]
    assert_same_weights(first, again)


def test_every_stage_is_trained_in_its_own_precision():
    recipe = small(changes={"training.epochs": 1, "training.precision": "float32"})
    alone, _ = train(recipe)
    coarse = replace(recipe.stages[0], precision="bfloat16")
    checkpoint = interrupted(
        replace(recipe, stages=(*recipe.stages, coarse)), GREY, PLACES["where a checkpoint is due"]
    )
    for name, each in alone.model.state_dict().items():
        assert torch.equal(checkpoint.tensors[f"model.{name}"], each)

    training = Training(replace(recipe, stages=(*recipe.stages, coarse)), GREY, CPU)
    assert training.precision == "float32"
    assert any(isinstance(event, CheckpointDue) for event in training.events())
    assert training.precision == "bfloat16"


def test_bfloat16_rounds_what_layers_compute_keeps_weights_in_float32_and_learns():
    training, events = train(small(changes={"training.precision": "bfloat16", "training.epochs": 4}))
    _, exact = train(small(changes={"training.precision": "float32", "training.epochs": 4}))
    rounded, unrounded = (of_kind(Epoch, each)[0].train["loss"] for each in (events, exact))
    assert rounded != unrounded
    assert rounded == pytest.approx(unrounded, rel=0.01)
    assert events[0].precision == "bfloat16"
    assert all(each.dtype == torch.float32 for each in training.model.parameters())
    first, *_, last = of_kind(Epoch, events)
    assert last.validation["loss"] < first.validation["loss"]


# --- the optimiser


def one_step(**changes: object) -> dict[str, torch.Tensor]:
    """The weights after one step over all images."""
    names = {f"training.{name}": value for name, value in changes.items()}
    training, _ = train(small(changes={"training.epochs": 1, "training.batch_size": 300, **names}))
    return training.model.state_dict()


def test_weight_decay_pulls_weights_towards_zero_and_leaves_biases_alone():
    """AdamW takes rate x decay of a weight away before the step, which is the same with and without."""
    rate = 0.01
    begun = Training(small(), GREY, CPU).model.state_dict()
    without = one_step(learning_rate=rate, schedule="constant")
    with_decay = one_step(learning_rate=rate, schedule="constant", weight_decay=0.5)
    for name, each in begun.items():
        pulled = rate * 0.5 * each if each.ndim > 1 else torch.zeros_like(each)
        torch.testing.assert_close(without[name] - with_decay[name], pulled, atol=1e-6, rtol=1e-3)


@pytest.mark.parametrize(("schedule", "length"), [("constant", 0.01), ("one_cycle", 0.01 * START)])
def test_the_first_step_is_as_long_as_the_schedule_says(schedule, length):
    """Adam divides the first gradient by its own size."""
    begun = Training(small(), GREY, CPU).model.state_dict()
    after = one_step(learning_rate=0.01, schedule=schedule)
    for name, each in begun.items():
        assert float((after[name] - each).abs().max()) == pytest.approx(length, rel=2e-3)


def test_long_gradients_are_shortened_and_short_ones_are_not():
    free, _ = train(small())
    wide, _ = train(small(changes={"training.clip_norm": 1e6}))
    narrow, _ = train(small(changes={"training.clip_norm": 0.001}))
    assert_same_weights(free, wide)
    assert not torch.equal(free.model.encoder[1].weight, narrow.model.encoder[1].weight)


def test_the_rate_of_every_epoch_s_end_is_the_schedule_s():
    _, events = train(small(changes={"training.epochs": 4, "training.schedule": "constant"}))
    assert [each.learning_rate for each in of_kind(Epoch, events)] == [0.01] * 4
    _, events = train(small(changes={"training.epochs": 4}))
    rates = [each.learning_rate for each in of_kind(Epoch, events)]
    assert rates[0] == max(rates)
    assert rates[-1] == pytest.approx(0.01 * END)


# --- the data


def test_images_that_are_mapped_from_a_file_train_as_those_in_memory_do(tmp_path):
    def mapped(name: str, images: ImageSet) -> ImageSet:
        np.save(tmp_path / name, images.images)
        return replace(images, images=np.load(tmp_path / f"{name}.npy", mmap_mode="r"))

    on_disk = replace(GREY, train=mapped("train", GREY.train), validation=mapped("validation", GREY.validation))
    one, events = train(small("variational", DENSE), GREY)
    other, other_events = train(small("variational", DENSE), on_disk)
    assert isinstance(on_disk.train.images, np.memmap)
    assert_same_weights(one, other)
    assert_same_numbers(events, other_events)


def test_data_that_changed_since_the_recipe_was_made_are_refused():
    recipe = small().with_fingerprint("of other pictures")
    with pytest.raises(SettingError, match=r"'made_up' is not the one this recipe was made with.*start a new run"):
        Training(recipe, GREY, CPU)
    Training(small().with_fingerprint(GREY.fingerprint), GREY, CPU)


@pytest.mark.parametrize(("part", "words"), [("train", "training"), ("validation", "validation")])
def test_a_choice_without_images_is_refused(part, words):
    empty = made_up_set(0, (1, 8, 8), seed=0)
    with pytest.raises(SettingError, match=f"There are no {words} images in this choice of 'made_up'"):
        Training(small(), replace(GREY, **{part: empty}), CPU)


@pytest.mark.parametrize("changes", [DENSE, CONV], ids=["dense", "conv"])
def test_a_single_image_is_enough_to_train_on(changes):
    splits = replace(GREY, train=made_up_set(1, (1, 8, 8), seed=0), validation=made_up_set(1, (1, 8, 8), seed=1))
    _, events = train(small(changes=changes), splits)
    assert [each.step for each in of_kind(Epoch, events)] == [1, 2]
    assert of_kind(Preview, events)[0].codes.shape[0] == 1


def test_binarised_pixels_reach_the_model_and_their_errors_have_a_name_of_their_own(monkeypatch):
    seen = []
    recipe = small("variational", DENSE | {"training.binarise": True, "training.epochs": 1})
    training = Training(recipe, GREY, CPU)
    watch = training.model.register_forward_pre_hook(lambda module, given: seen.append(given[0].clone()))
    (epoch,) = of_kind(Epoch, training.events())
    watch.remove()
    assert len(seen) == 300 // 32 + 1  # the steps, and the validation images
    assert all(set(each.unique().tolist()) == {0.0, 1.0} for each in seen)
    for numbers in (epoch.train, epoch.validation):
        assert set(numbers) == {"loss", "cross_entropy_binarised", "kl"}


def test_validation_counts_a_rising_kl_in_full_and_draws_the_same_pixels_every_time():
    changes = DENSE | {"training.binarise": True, "penalty.warm_up": 1.0}
    training, events = train(small("variational", changes))
    for epoch in of_kind(Epoch, events):
        full = epoch.validation["cross_entropy_binarised"] + epoch.validation["kl"]
        assert epoch.validation["loss"] == pytest.approx(full)
        assert epoch.train["loss"] < epoch.train["cross_entropy_binarised"] + epoch.train["kl"] - 1e-3
    again = Training(small("variational", changes), GREY, CPU, training.checkpoint())
    stage = again._stage()
    assert again._measure(stage, 1) == of_kind(Epoch, events)[-1].validation


# --- what cannot go on


def broken(checkpoint: Checkpoint, name: str) -> Checkpoint:
    """The checkpoint with one number that is none: what a gradient that exploded leaves behind."""
    tensors = {key: each.clone() for key, each in checkpoint.tensors.items()}
    tensors[name].view(-1)[0] = float("nan")
    return replace(checkpoint, tensors=tensors)


def test_a_loss_that_is_no_number_ends_training_with_its_place_and_a_way_out():
    checkpoint = interrupted(small(), GREY, PLACES["where a checkpoint is due"])
    training = Training(small(), GREY, CPU, broken(checkpoint, "model.decoder.0.bias"))
    seen = []
    with pytest.raises(TrainingError, match=r"in training is no longer a finite number in epoch 2.*smaller learning"):
        seen.extend(training.events())
    assert not of_kind(Epoch, seen)
    assert not of_kind(CheckpointDue, seen)
    assert not of_kind(Progress, seen)


def test_a_validation_loss_that_is_no_number_ends_training_before_anything_is_kept():
    """Batch normalisation's averages count only when the model is looked at: training itself goes well."""
    recipe = small("convolutional", CONV | {"network.normalisation": True})
    checkpoint = interrupted(recipe, GREY, PLACES["where a checkpoint is due"])
    name = next(name for name in checkpoint.tensors if name.endswith("running_mean"))
    training = Training(recipe, GREY, CPU, broken(checkpoint, name))
    seen = []
    with pytest.raises(TrainingError, match="on the validation images is no longer a finite number in epoch 2"):
        seen.extend(training.events())
    assert of_kind(Progress, seen)
    assert not of_kind(Epoch, seen)
    assert not of_kind(CheckpointDue, seen)


def test_weights_alone_cannot_be_resumed():
    whole = interrupted(small(), GREY, PLACES["where a checkpoint is due"])
    weights = replace(whole, tensors={f"model.{name}": each for name, each in whole.part("model").items()})
    with pytest.raises(RunError, match=r"keeps its weights only.*cannot be resumed"):
        Training(small(), GREY, CPU, weights)


def test_a_checkpoint_of_another_recipe_is_refused():
    checkpoint = interrupted(small(), GREY, PLACES["where a checkpoint is due"])
    for other in (small("deep"), small(changes={"bottleneck.code_size": 5}), small("convolutional", CONV)):
        with pytest.raises(RunError, match="checkpoint does not fit the recipe"):
            Training(other, GREY, CPU, checkpoint)


def test_a_run_begun_on_a_gpu_goes_on_on_the_cpu():
    """A GPU's generators have states of 16 bytes."""
    recipe = small("variational", DENSE)
    checkpoint = interrupted(recipe, GREY, PLACES["where a checkpoint is due"])
    of_a_gpu = {name: torch.arange(16, dtype=torch.uint8) for name in checkpoint.tensors if name.startswith("stream.")}
    assert of_a_gpu
    training, events = train(recipe, GREY, replace(checkpoint, tensors={**checkpoint.tensors, **of_a_gpu}))
    assert isinstance(events[-1], Finished)
    assert training.position == Position(2, 18, 0, training.position.seconds)

"""The classifier of a data set: shipped, kept after its first use, or absent."""

import json

import numpy as np
import pytest
import torch

from aecore import places
from aecore.data.catalog import load
from aecore.jobs import classifiers as module
from aecore.jobs.classifiers import classifier_for, has_classifier, make_classifier, shipped_path
from aecore.training.classifier import FEATURES, VERSION
from tests.pages.oblong import NAME, make_oblong


@pytest.fixture
def splits(tmp_path, monkeypatch):
    """A labelled data set of colour pictures that are not square, in a folder of the test's own."""
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))
    monkeypatch.setattr("aecore.training.classifier.FEWEST_SEEN", 0)
    monkeypatch.setattr("aecore.training.classifier.EPOCHS", 1)
    monkeypatch.setattr(module, "_unsaved", {})
    make_oblong()
    return load(NAME)


@pytest.fixture
def trainings(monkeypatch):
    """How many images each training was given."""
    counts, train = [], module.train_classifier

    def counted(images, *rest):
        counts.append(len(images))
        return train(images, *rest)

    monkeypatch.setattr(module, "train_classifier", counted)
    return counts


def weights(classifier):
    return {name: each.clone() for name, each in classifier.state_dict().items()}


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def test_it_is_trained_once_and_found_again(splits, trainings):
    told = []
    assert not has_classifier(splits)
    first = classifier_for(splits, told.append)
    assert has_classifier(splits)
    assert same(weights(first), weights(classifier_for(splits)))
    assert trainings == [len(splits.train)]
    assert told[-1] == 1.0


def test_a_run_on_some_classes_is_judged_by_the_classifier_of_all(splits, trainings):
    some = load(NAME, classes=(1, 3), limit=20)
    assert classifier_for(some).classes == 4
    classifier_for(splits)
    assert trainings == [len(splits.train)]


@pytest.mark.parametrize("damage", ["weights", "version", "json"])
def test_what_is_damaged_or_of_another_version_is_made_anew(splits, trainings, damage):
    classifier_for(splits)
    (kept,) = (places.data_folder() / "classifiers").glob("*.safetensors")
    described = kept.with_suffix(".json")
    match damage:
        case "weights":
            kept.write_bytes(kept.read_bytes()[:100])
        case "version":
            described.write_text(json.dumps(json.loads(described.read_text()) | {"version": VERSION + 1}))
        case "json":
            described.write_text("[]")
    assert classifier_for(splits) is not None
    assert len(trainings) == 2


def test_where_nothing_can_be_written_it_stays_in_memory(splits, trainings):
    (places.data_folder() / "classifiers").write_text("in the way")
    first = classifier_for(splits)
    assert classifier_for(splits) is first
    assert len(trainings) == 1


def test_pictures_without_classes_have_none(splits, trainings):
    (places.data_folder() / "own" / NAME / "labels.npy").unlink()
    described = places.data_folder() / "own" / NAME / "info.json"
    described.write_text(json.dumps(json.loads(described.read_text()) | {"class_names": []}))
    bare = load(NAME)
    assert bare.train.labels is None
    assert classifier_for(bare) is None
    assert trainings == []


def test_how_it_was_made_is_written_beside_the_weights_as_kept(splits, tmp_path):
    classifier, made = make_classifier(splits, tmp_path / "made" / "it.safetensors")
    assert json.loads((tmp_path / "made" / "it.json").read_text()) == {**vars(made), "shape": list(made.shape)}
    assert made.parameters == sum(each.numel() for each in classifier.parameters())
    assert all(torch.equal(each, each.half().float()) for each in classifier.parameters())
    images = torch.from_numpy(np.array(splits.test.images)).float() / 255
    right = (classifier(images).argmax(1).numpy() == splits.test.labels).mean()
    assert made.test_accuracy == pytest.approx(right)


@pytest.mark.parametrize(("dataset", "least"), [("mnist", 0.98), ("fashion_mnist", 0.85)])
def test_the_shipped_classifiers_are_small_and_as_good_as_they_say(dataset, least):
    splits = load(dataset)
    described = json.loads(shipped_path(dataset).with_suffix(".json").read_text())
    assert described["fingerprint"] == splits.fingerprint
    assert shipped_path(dataset).stat().st_size < 100_000
    classifier = classifier_for(splits)
    some = splits.test.first(500)
    images = torch.from_numpy(np.array(some.images)).float() / 255
    assert classifier.features(images).shape == (500, FEATURES)
    right = float((classifier(images).argmax(1).numpy() == some.labels).mean())
    assert described["test_accuracy"] > least
    assert right == pytest.approx(described["test_accuracy"], abs=0.03)

"""Projections kept with a run: written, read, outdated, damaged, deleted, and taken along in its zip."""

from dataclasses import replace

import numpy as np
import pytest

from aecore.errors import RunError
from aecore.runs.folder import CHECKPOINT, Run
from aecore.runs.kept_projections import (
    MEASURES,
    AboutProjection,
    CodeProjection,
    delete_projection,
    list_projections,
    read_projection,
    weights_fingerprint,
    write_projection,
)


def made(run, method="umap", count=5, **changes):
    about = AboutProjection(
        method=method,
        split="test",
        images=count,
        epoch=3,
        weights=weights_fingerprint(run),
        data="abc",
        seed=0,
        settings={"neighbours": 15, "min_dist": 0.1},
        seconds=2.5,
        measures={**dict.fromkeys(MEASURES, 1.0), "trustworthiness": 0.9},
    )
    plane = np.arange(2 * count, dtype=np.float32).reshape(count, 2)
    return CodeProjection(
        replace(about, **changes), np.arange(count, dtype=np.int64), plane, np.ones(count, np.float32)
    )


def other_weights(run):
    content = bytearray((run.path / CHECKPOINT).read_bytes())
    content[-1] ^= 1
    (run.path / CHECKPOINT).write_bytes(content)


def test_what_is_written_is_read_again(trained):
    kept = made(trained)

    write_projection(trained, kept)

    found = read_projection(trained, "umap")
    assert found.about == kept.about
    for name in ("indices", "plane", "inverse_error"):
        assert np.array_equal(getattr(found, name), getattr(kept, name))
    (line,) = list_projections(trained)
    assert (line.method, line.about, line.outdated, line.message) == ("umap", kept.about, False, "")
    assert [each.name for each in trained.kept_folder().iterdir()] == ["projection-umap.safetensors"]


def test_one_of_other_weights_is_listed_as_outdated_and_not_read_by_mistake(trained):
    write_projection(trained, made(trained, "t-sne"))

    other_weights(trained)

    (line,) = list_projections(trained)
    assert line.outdated
    assert "of other weights than the run has now" in line.message
    with pytest.raises(RunError, match="Project the run again"):
        read_projection(trained, "t-sne")
    assert read_projection(trained, "t-sne", outdated=True).about.images == 5


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-7],
        lambda content: b"{}",
        lambda content: b"",
        lambda content: content.replace(b"umap", b"ummp"),
        lambda content: content.replace(b"min_dist", b'min"dist'),
        lambda content: content[:-20] + 20 * b"\xff",
        lambda content: content.replace(b"pixel_error", b"pixel_worth"),
    ],
    ids=["cut off", "no tensors", "empty", "another method", "broken JSON", "not finite", "a measure missing"],
)
def test_a_damaged_one_gets_a_sentence_and_leaves_the_list_whole(trained, damage):
    write_projection(trained, made(trained, "t-sne"))
    path = write_projection(trained, made(trained))
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(RunError, match=r"projection-umap\.safetensors is damaged .* project the run again"):
        read_projection(trained, "umap")

    damaged, whole = list_projections(trained)
    assert (damaged.method, damaged.about) == ("umap", None)
    assert "is damaged" in damaged.message
    assert whole.message == ""


@pytest.mark.parametrize(
    "change",
    [
        {"plane": np.zeros((4, 2), np.float32)},
        {"indices": np.array([0, 1, 1, 2, 3])},
        {"indices": np.array([-1, 0, 1, 2, 3])},
        {"inverse_error": np.array([1, 2, 3, 4, np.nan], np.float32)},
    ],
    ids=["too short", "twice", "negative", "nan"],
)
def test_arrays_of_another_form_are_damage(trained, change):
    write_projection(trained, replace(made(trained), **change))
    with pytest.raises(RunError, match="is damaged"):
        read_projection(trained, "umap")


def test_what_is_not_there_is_said(trained):
    assert list_projections(trained) == ()
    for work in (read_projection, delete_projection):
        with pytest.raises(RunError, match=f"{trained.id} keeps no projection by umap: make one"):
            work(trained, "umap")
        with pytest.raises(RunError, match="no projection 'pca': choose one of umap, t-sne"):
            work(trained, "pca")


def test_one_is_deleted_and_the_other_stays(trained):
    for method in ("umap", "t-sne"):
        write_projection(trained, made(trained, method))

    delete_projection(trained, "umap")

    assert [each.method for each in list_projections(trained)] == ["t-sne"]


def test_a_run_that_is_gone_is_not_made_anew(trained, runs):
    kept = made(trained)
    runs.delete(trained.id)
    with pytest.raises(RunError, match="is gone"):
        write_projection(trained, kept)
    assert not trained.path.exists()


def test_a_zip_takes_it_along_and_it_still_fits_the_weights(trained, runs):
    write_projection(trained, made(trained))

    copy = runs.import_zip(runs.export_zip(trained.id))

    assert [(each.method, each.outdated) for each in list_projections(copy)] == [("umap", False)]


def test_that_of_a_starter_run_lies_among_the_runs_and_is_taken_along(trained, runs, tmp_path):
    runs.starters.mkdir()
    trained.path.rename(runs.starters / "starter")
    starter = runs.get("starter")
    write_projection(starter, made(starter), runs.root)

    assert not (starter.path / "kept").exists()
    assert list_projections(starter, runs.root)[0].message == ""
    copy = runs.import_zip(runs.export_zip("starter"))
    assert not copy.starter
    assert read_projection(copy, "umap").about.images == 5


def test_a_damaged_one_in_a_zip_is_refused(trained, runs):
    path = write_projection(trained, made(trained))
    path.write_bytes(b"{}")
    with pytest.raises(RunError, match="is damaged"):
        runs.import_zip(runs.export_zip(trained.id))
    assert [each.id for each in runs.list()] == [trained.id]


def test_a_run_without_weights_has_no_fingerprint(tmp_path):
    assert weights_fingerprint(Run(tmp_path)) == ""

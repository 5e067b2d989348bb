"""What can be read from a run folder, whole or damaged."""

import json
import subprocess
import sys

import numpy as np
import pytest

from aecore.errors import RunError
from aecore.jobs import run_here
from aecore.runs.folder import Run
from aecore.runs.opened import open_run
from aecore.training.recipe import DataChoice, make_recipe
from tests.runs.tiny import NAME


def test_a_summary_tells_what_was_trained_and_how_well(trained):
    summary = trained.summary()

    assert (summary.state, summary.epochs_done, summary.epochs_total) == ("finished", 3, 3)
    assert (summary.variant, summary.dataset, summary.latent) == ("denoising", "tiny", 3)
    assert summary.image_shape == (1, 28, 28)
    assert summary.loss == trained.metrics()[-1]["validation"]["loss"]
    assert summary.parameters > 0
    assert not summary.damaged
    assert summary.message == ""


def test_the_code_of_a_summary_is_that_of_the_model_and_before_it_was_built_the_size_that_was_chosen(runs):
    changes = {"network.hidden": (8,), "bottleneck.code_size": 3, "training.epochs": 1}
    run = runs.create(make_recipe("conditional", DataChoice(NAME), changes))
    assert run.summary().latent == 3
    for _ in run_here(run):
        pass
    assert run.summary().latent == open_run(run).composition.model.latent == 3 + 4


def test_a_new_run_is_stopped_and_says_that_it_was_never_started(runs):
    from tests.runs.tiny import tiny_recipe

    summary = runs.create(tiny_recipe()).summary()

    assert (summary.state, summary.epochs_done, summary.parameters) == ("stopped", 0, 0)
    assert summary.message == "Not started yet."
    assert summary.device == "auto"


def test_a_cut_off_last_line_of_metrics_is_left_out(trained):
    with (trained.path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "validation": {"lo')

    assert [line["epoch"] for line in trained.metrics()] == [1, 2, 3]


def test_bytes_that_are_no_text_in_the_metrics_hide_no_other_line(trained):
    whole = (trained.path / "metrics.jsonl").read_bytes()
    (trained.path / "metrics.jsonl").write_bytes(b"\xff\xfe\n[1]\n" + whole)

    assert len(trained.metrics()) == 3


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": "dancing"}', b"\xff\xff", b"[" * 100_000])
def test_a_damaged_status_is_shown_with_the_way_out(trained, content):
    (trained.path / "status.json").write_bytes(content)

    summary = trained.summary()

    assert (summary.state, summary.damaged) == ("failed", True)
    assert "status.json is damaged" in summary.message
    assert "Resume the run" in summary.message
    assert summary.epochs_done == 3


def test_a_missing_status_is_shown_with_the_way_out(trained):
    (trained.path / "status.json").unlink()

    assert "status.json is missing. Resume the run" in trained.summary().message


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ((), "unknown key 'colour'"),
        (("data",), "unknown key 'colour'"),
        (("parts", "network"), "no setting 'network.colour'"),
        (("stages", 0), "no setting 'training.colour'"),
    ],
)
def test_a_recipe_with_an_unknown_key_is_shown_with_the_sentence(trained, where, said):
    values = trained.recipe_values()
    inner = values
    for key in where:
        inner = inner[key]
    inner["colour"] = "red"
    (trained.path / "recipe.json").write_text(json.dumps(values))

    summary = trained.summary()

    assert (summary.state, summary.damaged) == ("failed", True)
    assert said in summary.message
    assert "Correct the file, or delete the run." in summary.message
    with pytest.raises(RunError, match="colour"):
        trained.recipe()


def test_a_recipe_changed_by_hand_to_another_good_one_is_no_damage(trained):
    text = (trained.path / "recipe.json").read_text()
    (trained.path / "recipe.json").write_text(text.replace('"seed": 0', '"seed": 7'))

    summary = trained.summary()

    assert (summary.seed, summary.damaged, summary.state) == (7, False, "finished")


def test_a_folder_that_is_no_run_says_so(tmp_path):
    (tmp_path / "holiday").mkdir()

    summary = Run(tmp_path / "holiday").summary()

    assert (summary.state, summary.name, summary.damaged) == ("failed", "holiday", True)
    assert "recipe.json is missing" in summary.message


def test_a_missing_name_falls_back_to_the_id(trained):
    (trained.path / "about.json").write_text("{")

    assert trained.summary().name == trained.id
    assert trained.summary().created.startswith("20")


def test_snapshots_hold_codes_reconstructions_and_the_decoder_of_recorded_epochs(trained):
    assert trained.snapshots() == (1, 2, 3)

    snapshot = trained.snapshot(2)

    assert snapshot.codes.shape == (100, 3)
    assert snapshot.codes.dtype == np.float32
    assert snapshot.clean.shape == snapshot.corrupted.shape == snapshot.reconstructions.shape == (16, 1, 28, 28)
    assert not np.array_equal(snapshot.clean, snapshot.corrupted)
    assert all(each.dtype == np.float16 for each in snapshot.decoder.values())


def test_the_preview_is_that_of_the_last_epoch(trained):
    preview = trained.preview()

    assert (preview.epoch, preview.recorded) == (3, True)
    assert np.array_equal(preview.codes, trained.snapshot(3).codes)
    assert len(trained.preview_labels()) == len(preview.codes)


def test_a_damaged_preview_is_none_and_a_damaged_snapshot_an_error(trained):
    (trained.path / "preview.safetensors").write_bytes(b"\x00" * 100)
    trained.snapshot_path(1).write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ")

    assert trained.preview() is None
    with pytest.raises(RunError, match="damaged"):
        trained.snapshot(1)


def test_an_epoch_that_was_not_recorded_names_those_that_were(trained):
    with pytest.raises(RunError, match="choose one of 1, 2, 3"):
        trained.snapshot(9)


def test_the_tail_of_the_log_is_its_last_lines(trained):
    assert trained.log_tail(1).endswith("s of training.")
    assert len(trained.log_tail(2).splitlines()) == 2


def test_a_run_is_held_by_one_at_a_time(trained):
    with trained.hold():
        assert trained.alive()
        with pytest.raises(RunError, match="under way in another process"), Run(trained.path).hold(patience_s=0.1):
            pass

    assert not trained.alive()


def test_reading_and_listing_runs_needs_no_torch(trained):
    program = (
        "import sys; from pathlib import Path; from aecore.runs.store import Runs; import aecore.jobs;"
        f"runs = Runs({str(trained.path.parent)!r}, Path('nowhere'));"
        f"print(len(runs.list()), runs.get({trained.id!r}).preview().epoch);"
        "sys.exit('torch' in sys.modules)"
    )

    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (finished.returncode, finished.stdout) == (0, "1 3\n"), finished.stderr

"""What a run gives, from the shell."""

import json
import math
from types import SimpleNamespace

import jaxtyping
import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import load_file

from aecore.errors import RunError
from aecore.runs.opened import open_run
from tests.painter import Painter


def test_evaluation_is_on_the_test_images_with_the_unit_in_each_key(lab, trained):
    document = lab.json("evaluate", trained)

    assert (document["run"], document["epoch"], document["split"], document["images"]) == (trained, 2, "test", 6)
    assert document["sse_per_image"] == pytest.approx(document["mse_per_pixel"] * 3 * 28 * 28)
    assert document["psnr_db"] == pytest.approx(-10 * math.log10(document["mse_per_pixel"]))
    assert document["neg_elbo_nats_per_image"] > document["kl_nats_per_image"] > 0
    assert document["pca"]["code_size"] == 3
    assert {"sse_per_image", "mse_per_pixel", "psnr_db", "bce_nats_per_image"} <= document["pca"].keys()
    assert "psnr_db" in lab("evaluate", trained).out


def test_a_model_without_a_posterior_has_no_bound_and_a_corrupting_one_has_its_input(lab):
    words = ["--dataset", "colours", "--epochs", "1", "--set", "network.kind=dense"]
    run = lab.json("train", "denoising", *words)["run"]

    document = lab.json("evaluate", run)

    assert "neg_elbo_nats_per_image" not in document
    assert document["corruption"] == "Gaussian noise, 0.5 of the pixel range"
    assert {"input", "best_linear"} <= document.keys()


def test_a_model_that_draws_images_is_measured_beside_floor_and_baseline(lab, trained):
    document = lab.json("evaluate", trained)

    assert document["drawn"] == 6  # as many as there are test images
    assert document["frechet_own"] > 0
    assert document["frechet_real_floor"] < document["frechet_own"]
    assert document["frechet_pca_gaussian"] > 0
    assert 0 <= document["classes_covered"] <= document["classes"] == 3
    assert document["class_shares"].keys() == {"red", "green", "blue"}
    assert document["nearest_train_distance"] > document["nearest_train_distance_test"] > 0
    assert "mostly chance" in document["quality_note"]


@pytest.fixture
def painting(lab, trained, monkeypatch):
    """The same run as if its model had no encoder."""
    opened = open_run(lab.runs.get(trained))
    model = Painter(opened.splits.shape, classes=3).eval().requires_grad_(False)
    composition = SimpleNamespace(model=model)
    facts = {name: getattr(opened, name) for name in ("run", "recipe", "splits", "epoch", "fallback_note")}
    monkeypatch.setattr("aecore.runs.opened.open_run", lambda run: SimpleNamespace(composition=composition, **facts))
    return trained


def test_a_model_without_an_encoder_has_no_errors_of_reconstructions(lab, painting):
    document = lab.json("evaluate", painting)

    assert (document["run"], document["split"], document["drawn"]) == (painting, "test", 6)
    assert not document.keys() & {"images", "sse_per_image", "pca", "neg_elbo_nats_per_image"}
    assert document["nearest_train_distance"] > 0


def test_a_model_without_an_encoder_exports_its_generator_and_says_why_it_has_no_encoder(lab, painting):
    said = lab.refused("export", painting, "--what", "encoder", "-o", "encoder.onnx")
    assert "This model has no encoder, so it can only draw images" in said
    assert not (lab.folder / "encoder.onnx").exists()

    lab.json("export", painting, "--what", "decoder", "-o", "generator.onnx")
    (images,) = onnxruntime.InferenceSession("generator.onnx").run(None, {"codes": np.zeros((4, 3), np.float32)})
    assert images.shape == (4, 3, 28, 28)


def test_a_run_without_weights_is_not_evaluated(lab, trained):
    (lab.runs.get(trained).path / "checkpoint.safetensors").unlink()

    assert "has kept no weights yet" in lab.refused("evaluate", trained)


def test_pictures_that_have_changed_since_are_noted(lab, trained):
    recipe = lab.runs.get(trained).path / "recipe.json"
    recipe.write_text(lab.runs.get(trained).recipe().with_fingerprint("0" * 64).to_json())

    assert "have changed" in lab.json("evaluate", trained)["note"]


def test_the_decoder_as_onnx_takes_any_number_of_codes(lab, trained):
    document = lab.json("export", trained, "--what", "decoder", "-o", "decoder.onnx")

    assert document == {"run": trained, "what": "decoder", "file": "decoder.onnx", "bytes": size(lab, "decoder.onnx")}
    session = onnxruntime.InferenceSession("decoder.onnx")
    for count in (1, 5):
        (images,) = session.run(None, {"codes": np.zeros((count, 3), np.float32)})
        assert images.shape == (count, 3, 28, 28)


def test_the_encoder_as_onnx_takes_images(lab, trained, monkeypatch):
    # While torch records, shapes are tensors, which the tests' shape checks cannot compare.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    lab.json("export", trained, "--what", "encoder", "-o", "encoder.onnx")

    (codes,) = onnxruntime.InferenceSession("encoder.onnx").run(None, {"images": np.zeros((4, 3, 28, 28), np.float32)})
    assert codes.shape == (4, 3)


def test_the_weights_are_those_of_the_model(lab, trained):
    lab.json("export", trained, "--what", "weights", "-o", "weights.safetensors")

    model = open_run(lab.runs.get(trained)).composition.model
    assert load_file("weights.safetensors").keys() == model.state_dict().keys()


def test_an_export_replaces_the_file_that_is_there(lab, trained):
    (lab.folder / "out").write_text("old")

    lab.json("export", trained, "--what", "weights", "-o", "out")

    assert load_file("out")


@pytest.mark.parametrize(
    ("place", "what"),
    [
        (".", "is a folder: give the name of a file in it"),
        ("", "is a folder"),
        ("nowhere/decoder.onnx", "There is no folder nowhere"),
        ("/dev/full", "No space left on device"),
        ("x" * 300, "File name too long"),
        ("file/decoder.onnx", "There is no folder file"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(lab, trained, place, what):
    (lab.folder / "file").touch()

    assert what in lab.refused("export", trained, "--what", "decoder", "-o", place)


def test_a_part_that_does_not_exist_is_refused(lab, trained):
    assert "'soul'" in lab.refused("export", trained, "--what", "soul", "-o", "file", status=2)


def test_an_export_that_fails_half_way_leaves_no_pieces(lab, trained, monkeypatch):
    def write_half(file, content):
        with file.open("wb") as half:
            half.write(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", write_half)

    assert "No space left" in lab.refused("export", trained, "--what", "weights", "-o", "weights")
    assert not (lab.folder / "weights").exists()


def test_a_recipe_trained_again_gives_the_same_numbers_to_the_last_bit(lab, trained):
    document = lab.json("reproduce", trained)

    assert document["agrees"]
    assert document["tolerance"] == 0
    assert document["epochs"] == [1, 2]
    assert all(each["recorded"] == each["reproduced"] for each in document["numbers"])
    assert lab.json("show", document["reproduction"])["name"] == "Colours on a plane, again"


def test_a_recorded_number_that_was_changed_is_found(lab, trained):
    path = lab.runs.get(trained).path / "metrics.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[-1]["validation"]["loss"] *= 1 + 1e-12
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    said = lab("reproduce", trained)

    assert said.status == 1
    assert "The numbers do not agree (to the last bit" in said.out
    assert "They differ from epoch 2 on." in said.out
    document = lab.json("reproduce", trained, status=1)
    assert [each["name"] for each in document["numbers"] if not each["agrees"]] == ["validation.loss"]


def test_an_unfinished_run_is_not_reproduced(lab, trained):
    run = lab.runs.create(lab.runs.get(trained).recipe())

    assert "only a finished run can be reproduced" in lab.refused("reproduce", run.id)
    with pytest.raises(RunError):
        lab.runs.get(f"{run.id}, again")


def test_a_repetition_that_is_stopped_says_what_is_kept(lab, trained, monkeypatch):
    monkeypatch.setattr("aecore.jobs.reproduce.run_here", lambda run: iter(()))
    said = lab("reproduce", trained)

    (again,) = [each["id"] for each in lab.json("runs") if each["name"].endswith(", again")]
    assert (said.status, said.out) == (130, "")
    assert said.err.splitlines()[-1].endswith(f"python -m aecore resume {again}")


def size(lab, name):
    return (lab.folder / name).stat().st_size


def test_the_likelihood_is_estimated_on_request_and_says_by_how_many_draws(lab, trained):
    document = lab.json("evaluate", trained, "--importance-samples", "3")

    assert document["importance_samples"] == 3
    assert document["nll_nats_per_image"] > 0
    assert "drawn black or white" in document["likelihood_note"]
    assert "nll_nats_per_image" not in lab.json("evaluate", trained)


def test_a_run_that_is_not_variational_has_no_likelihood(lab):
    words = ["--dataset", "colours", "--epochs", "1", "--set", "network.hidden=4"]
    run = lab.json("train", "simple", *words)["run"]

    assert "only of a variational model" in lab.refused("evaluate", run, "--importance-samples", "5")


def test_the_history_tells_what_each_recorded_epoch_changed(lab, trained):
    document = lab.json("history", trained)

    assert (document["run"], document["loss"], document["code_size"]) == (trained, "loss", 3)
    first, second = document["epochs"]
    assert (first["epoch"], second["epoch"]) == (1, 2)
    assert first["movement"] is None
    assert second["movement"] > 0
    assert (first["alignment_residual"] > 0, second["alignment_residual"]) == (True, pytest.approx(0, abs=1e-5))
    assert "movement, in spreads" in lab("history", trained).out


def test_a_history_without_recorded_epochs_is_refused(lab, trained):
    for file in (lab.runs.get(trained).path / "snapshots").glob("0*.safetensors"):
        file.unlink()

    assert "has recorded no epoch yet" in lab.refused("history", trained)

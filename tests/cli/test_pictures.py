"""Pictures made of pictures, from the shell: the same bytes as from Python and from the pages."""

import numpy as np
import pytest
from PIL import Image

from aecore.analysis.restoring.files import denoised_file, enlarged_file, taken_in
from aecore.runs.opened import open_run

SMALL = ["--dataset", "colours", "--epochs", "1"]


@pytest.fixture(scope="module")
def photograph(tmp_path_factory):
    """A colour picture of 40 x 30 pixels."""
    y, x = np.mgrid[:30, :40]
    pixels = np.stack([120 + 90 * np.sin(x / 4), 120 + 80 * np.cos(y / 3), 60 + 4 * x], 2)
    path = tmp_path_factory.mktemp("photograph") / "own picture.png"
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def enlarger(lab):
    words = ["--set", "network.first_filters=4", "--set", "network.second_filters=4"]
    return lab.json("train", "srcnn", *SMALL, *words)["run"]


@pytest.fixture
def denoiser(lab):
    words = ["--set", "network.channels=8", "--set", "network.blocks=1"]
    return lab.json("train", "photo_denoising", *SMALL, *words)["run"]


def test_upscaling_writes_the_file_that_python_gives(lab, enlarger, photograph, tmp_path):
    out = tmp_path / "large.png"
    document = lab.json("upscale", photograph, "-o", out, "--factor", "2", "--model", enlarger)
    assert (document["width"], document["height"], document["model"]) == (80, 60, enlarger)
    opened = open_run(lab.runs.get(enlarger))
    assert out.read_bytes() == enlarged_file(taken_in("a", photograph), 2, opened).content
    assert document["bytes"] == len(out.read_bytes())


def test_bicubic_needs_no_run(lab, photograph, tmp_path):
    out = tmp_path / "large.webp"
    assert lab.json("upscale", photograph, "-o", out, "--factor", "3", "--model", "bicubic")["model"] == "bicubic"
    with Image.open(out) as image:
        assert (image.size, image.format) == ((120, 90), "WEBP")


def test_denoising_says_what_it_took_for_noise(lab, denoiser, photograph, tmp_path):
    out = tmp_path / "clean.png"
    document = lab.json("denoise", photograph, "-o", out, "--model", denoiser)
    assert document["estimated"] is True
    told = lab.json("denoise", photograph, "-o", out, "--model", denoiser, "--noise", "20")
    assert (told["noise_std_levels"], told["estimated"]) == (20, False)
    opened = open_run(lab.runs.get(denoiser))
    assert out.read_bytes() == denoised_file(taken_in("a", photograph), opened, 20).content


@pytest.mark.parametrize("command", ["upscale", "denoise"])
def test_in_eight_orientations_the_file_is_that_of_python_too(lab, request, photograph, tmp_path, command):
    run = request.getfixturevalue("enlarger" if command == "upscale" else "denoiser")
    picture, opened = taken_in("a", photograph), open_run(lab.runs.get(run))
    contents = {}
    for count in (1, 8):
        out = tmp_path / f"{count}.png"
        words = [] if count == 1 else ["--orientations", "8"]
        assert lab.json(command, photograph, "-o", out, "--model", run, *words)["orientations"] == count
        made = (
            enlarged_file(picture, 2, opened, orientations=count)
            if command == "upscale"
            else denoised_file(picture, opened, orientations=count)
        )
        contents[count] = out.read_bytes()
        assert contents[count] == made.content
    assert contents[1] != contents[8]
    assert lab(command, photograph, "-o", out, "--model", run, "--orientations", "3").status == 2


def test_what_cannot_be_done_is_said_in_one_line(lab, enlarger, denoiser, photograph, tmp_path):
    out = tmp_path / "out.png"
    assert "ends with .gif" in lab.refused("upscale", photograph, "-o", tmp_path / "out.gif")
    assert "trained to enlarge 2 times, not 4" in lab.refused(
        "upscale", photograph, "-o", out, "--factor", "4", "--model", enlarger
    )
    assert "choose one of denoising" in lab.refused("denoise", photograph, "-o", out, "--model", enlarger)
    assert "choose 0 to 75" in lab.refused("denoise", photograph, "-o", out, "--model", denoiser, "--noise", "99")
    assert "The share is 2" in lab.refused("upscale", photograph, "-o", out, "--model", enlarger, "--blend", "2")
    text = tmp_path / "notes.png"
    text.write_text("no picture")
    assert "notes.png: this is" in lab.refused("upscale", text, "-o", out, "--model", "bicubic")
    assert not out.exists()


def test_a_folder_of_pictures_is_measured_by_the_published_protocol(lab, enlarger, pictures, tmp_path):
    folder = tmp_path / "some"
    folder.mkdir()
    for index in range(2):
        side = 36 + 4 * index
        pixels = np.random.default_rng(index).integers(0, 255, (side, side, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize((48, 40), Image.Resampling.BICUBIC).save(folder / f"{index}.png")
    (folder / "notes.txt").write_text("no picture")
    document = lab.json("evaluate", enlarger, "--pictures", folder)
    assert (document["protocol"], document["pictures"]) == ("super-resolution", 2)
    assert [each["method"] for each in document["scores"]] == ["model", "self_ensemble", "bicubic"]
    assert all(each["factor"] == 2 and each["psnr_db"] > 10 for each in document["scores"])
    assert [each["name"] for each in document["skipped"]] == ["notes.txt"]
    text = lab("evaluate", enlarger, "--pictures", folder).out
    assert "Bicubic" in text
    assert "Model, eight orientations" in text


def test_only_a_model_that_restores_is_measured_on_a_folder(lab, trained, pictures):
    assert "images of one size only" in lab.refused("evaluate", trained, "--pictures", pictures)


def test_a_run_that_restores_is_measured_on_its_test_images_and_shown(lab, denoiser):
    document = lab.json("evaluate", denoiser)
    assert document["protocol"] == "denoising"
    (shown,) = [each for each in lab.json("runs") if each["id"] == denoiser]
    assert (shown["restores"], shown["encodes"], shown["corruption"]) == (True, False, "gaussian")
    assert lab.json("reproduce", denoiser)["agrees"]
    assert "has no code" in lab.refused("export", denoiser, "--what", "encoder", "-o", "encoder.onnx")

"""The lines shown on pages do what the page does: every one of them is run."""

import ast
import io
import json
import shlex
from contextlib import redirect_stdout

import numpy as np
import pytest
from PIL import Image

from aecore.analysis.latent import latent_map
from aecore.analysis.recipes_as_code import (
    analysis_lines,
    compare_lines,
    evaluate_lines,
    export_lines,
    interpolate_lines,
    picture_lines,
    reconstruct_lines,
    score_lines,
    train_lines,
)
from aecore.analysis.reconstruct import noise_curve
from aecore.cli.main import main
from aecore.errors import SettingError
from aecore.jobs import run_here
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS
from tests.runs.tiny import NAME, tiny_recipe, tiny_splits


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run in the folder that the lines will look into."""
    tiny_splits(tmp_path_factory.mktemp("pictures"))
    made = Runs().create(tiny_recipe(epochs=1), "shown as code")
    for _ in run_here(made):
        pass
    yield made
    Runs().delete(made.id)


def executed(lines):
    """The names that the Python lines leave behind, and what they print."""
    names, printed = {}, io.StringIO()
    with redirect_stdout(printed):
        exec(compile(lines.python, "shown", "exec"), names)
    return names, printed.getvalue()


def commanded(lines):
    """What the one command of the shell lines prints."""
    words = shlex.split(lines.shell.replace("\\\n", ""))
    assert words[:3] == ["python", "-m", "aecore"]
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert main([*words[3:], "--json"]) == 0
    return json.loads(printed.getvalue())


CHANGES = [
    {},
    {"network.hidden": (), "bottleneck.code_size": 9},
    {"network.kind": "conv", "network.channels": (4, 8), "objective.kind": "bce"},
    {"corruption.kind": "masking", "corruption.share": 0.25, "training.flip": True, "training.learning_rate": 3e-4},
    {"bottleneck.kind": "gaussian", "penalty.kind": "kl", "penalty.beta": 0.5},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda each: "-".join(each) or "none")
def test_both_ways_of_training_make_the_same_recipe(changes, run):
    recipe = make_recipe("deep", DataChoice(NAME, (0, 2), 64), {**changes, "training.epochs": 1}, seed=5)
    lines = train_lines(recipe, device="cpu", name="again")
    shown = commanded(lines)
    by_shell = Runs().get(shown["run"])
    by_python = executed(lines)[0]["run"]
    for made in (by_shell, by_python):
        found = made.recipe()
        assert found.data.fingerprint
        assert found.with_fingerprint("") == recipe
        assert made.summary().state == "finished"
        assert made.summary().name == "again"
        Runs().delete(made.id)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_recipe_as_the_variant_gives_it_needs_no_changes(variant):
    lines = train_lines(make_recipe(variant, DataChoice("mnist")))
    assert "--set" not in lines.shell
    assert lines.shell.startswith(f"python -m aecore train {variant} --dataset mnist --epochs")


def test_later_stages_are_resumed_in_the_shell_and_part_of_the_recipe_in_python():
    recipe = make_recipe("simple", DataChoice("mnist"), {"training.epochs": 2}).with_stage(3)
    lines = train_lines(recipe)
    assert lines.shell.splitlines()[-1] == "python -m aecore resume RUN --epochs 3"
    assert "with_stage(3)" in lines.python


def test_long_commands_are_broken_before_an_option():
    changes = {"network.hidden": (100, 50, 25), "training.learning_rate": 1e-3, "training.weight_decay": 0.5}
    lines = train_lines(make_recipe("deep", DataChoice("a set"), changes)).shell.splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 102 for line in lines)
    assert all(line.strip().startswith("--") for line in lines[1:])
    assert "'a set'" in lines[0]


def test_evaluating(run):
    shown = commanded(evaluate_lines(run.id))
    printed = executed(evaluate_lines(run.id))[1]
    assert f"'sse_per_image': {shown['sse_per_image']}" in printed


@pytest.mark.parametrize("what", ["encoder", "decoder", "weights"])
def test_exporting(what, run, tmp_path, monkeypatch):
    import jaxtyping

    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # see test_export
    file = tmp_path / f"my {what}"
    lines = export_lines(run.id, what, str(file))
    commanded(lines)
    by_shell = file.read_bytes()
    executed(lines)
    assert file.read_bytes() == by_shell


def test_reconstructing_images_of_the_test_split(run):
    names, printed = executed(reconstruct_lines(run.id, (3, 1), "test", "masking", 0.5, 7))
    assert len(names["result"].measures) == 2
    assert names["result"].corruption == "Masking (dropout), 0.5 of the pixels"
    assert printed.count("sse_per_image") == 2


def test_reconstructing_own_pictures(run, tmp_path):
    file = tmp_path / "my picture.png"
    Image.fromarray(np.full((40, 30, 3), 200, np.uint8)).save(file)
    for inverted in (False, True):
        names, _ = executed(picture_lines(run.id, [str(file)], "pad", inverted))
        assert names["result"].reconstruction.shape == (1, 1, 28, 28)


def test_flagging_pictures(run, tmp_path, capsys):
    file = tmp_path / "wide one.png"
    Image.new("RGB", (60, 40), (200, 40, 90)).save(file)
    for threshold in (None, -1.5):
        lines = score_lines(run.id, [str(file)], "squared_error", 0.9, threshold, "pad", inverted=True)
        _, printed = executed(lines)
        said = ast.literal_eval(printed)
        capsys.readouterr()
        assert main(shlex.split(lines.shell.replace("\\\n", " "))[3:]) == 0
        assert json.loads(capsys.readouterr().out) == said
        assert said["threshold"] == (threshold or said["threshold"])


def test_going_from_one_image_to_another(run):
    names, printed = executed(interpolate_lines(run.id, 0, 5, steps=4, way="spherical"))
    assert printed.strip() == "(4, 1, 28, 28)"
    assert names["path"].codes.shape == (4, 3)


def test_comparing_runs(run):
    names, printed = executed(compare_lines([run.id, "shown as code"], [0, 1, 2]))
    assert names["result"].reconstructions.shape[:2] == (2, 3)
    assert printed.count("sse_per_image") == 2


def test_any_analysis_with_plain_arguments(run):
    assert len(executed(analysis_lines(latent_map, run.id, split="test", limit=9))[0]["result"].codes) == 9
    lines = analysis_lines(noise_curve, run.id, corruption="gaussian", levels=(0.5,), count=20)
    assert executed(lines)[0]["result"].images == 20
    assert lines.shell.startswith("python - <<'END'\n")


def test_lines_that_could_not_run_are_refused(run):
    with pytest.raises(SettingError, match="unexpected keyword argument 'colour'"):
        analysis_lines(latent_map, run.id, colour="red")
    with pytest.raises(SettingError, match="cannot be written"):
        analysis_lines(latent_map, run.id, limit=object())

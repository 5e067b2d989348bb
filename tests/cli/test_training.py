"""Training, resuming and stopping from the shell, in this process."""

import json
import threading

import pytest

from aecore.jobs import stop
from aecore.training import loop
from tests.runs.tiny import until

COLOURS = ("--dataset", "colours")
SMALL = (*COLOURS, "--epochs", "1")
ENDLESS = ("--epochs", "10000", "--set", "training.batch_size=1")


def test_training_answers_with_the_run_and_its_last_numbers(lab):
    document = lab.json("train", "variational", *COLOURS, "--epochs", "2", "--name", "Mine")

    run = lab.runs.get(document["run"])
    assert (document["name"], document["state"], document["epochs_done"]) == ("Mine", "finished", 2)
    assert document["train"] == run.metrics()[-1]["train"]
    assert document["validation"].keys() == {"loss", "cross_entropy", "kl"}
    assert document["images_per_second"] > 0


def test_training_says_how_far_it_is_beside_its_answer(lab):
    said = lab("train", "simple", *SMALL)

    assert said.out.startswith("run ")
    run, epoch = said.err.splitlines()
    assert run.endswith(": Simple on colours")
    assert epoch.startswith("epoch 1: loss ")


def test_the_help_says_the_unit_of_every_number(lab):
    meaning = lab("train", "--help").out
    assert "per image" in meaning
    assert "cross_entropy in nats" in meaning


def test_every_part_takes_its_settings(lab):
    changes = {
        "corruption.kind": "masking",
        "corruption.share": "0.25",
        "network.kind": "conv",
        "network.channels": "4, 8",
        "bottleneck.kind": "gaussian",
        "bottleneck.code_size": "5",
        "objective.kind": "mse",
        "penalty.kind": "kl",
        "penalty.beta": "0.5",
        "scheme.kind": "end_to_end",
        "training.learning_rate": "1e-3",
        "training.flip": "yes",
    }
    words = [word for name, value in changes.items() for word in ("--set", f"{name}={value}")]
    document = lab.json("train", "simple", *SMALL, *words, "--classes", "0,2", "--limit", "20", "--seed", "3")

    recipe = lab.json("show", document["run"])["recipe"]
    assert recipe["parts"]["corruption"] == {"kind": "masking", "share": 0.25, "varying": False}
    assert recipe["parts"]["network"]["channels"] == [4, 8]
    assert recipe["parts"]["bottleneck"] == {"kind": "gaussian", "code_size": 5}
    assert recipe["parts"]["penalty"] == {"kind": "kl", "beta": 0.5, "warm_up": 0.0}
    assert (recipe["stages"][0]["learning_rate"], recipe["stages"][0]["flip"]) == (1e-3, True)
    assert (recipe["data"]["classes"], recipe["data"]["limit"], recipe["seed"]) == ([0, 2], 20, 3)


def test_a_seed_gives_the_same_numbers_again_and_another_seed_others(lab):
    first, second, other = (lab.json("train", "simple", *SMALL, "--seed", seed) for seed in (1, 1, 2))

    assert first["validation"] == second["validation"] != other["validation"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--set", "bottleneck.latent=2"], "no setting 'bottleneck.latent': the settings here are code_size"),
        (["--set", "bottleneck.code_size=many"], "bottleneck.code_size is 'many': give a number"),
        (["--set", "bottleneck.code_size=0"], "choose a value from 1 to 16384"),
        (["--set", "bottleneck.code_size"], "write part.setting=value"),
        (["--set", "code_size=2"], "write part.setting=value"),
        (["--set", "=2"], "write part.setting=value"),
        (["--set", "optimiser.lr=2"], "where part is one of corruption, network"),
        (["--set", "network.kind=magic"], "no network 'magic': choose one of dense, conv"),
        (["--set", "training.speed=2"], "the settings here are epochs, batch_size"),
        (["--set", "penalty.kind=kl"], "set bottleneck.kind=gaussian or gaussian_class or penalty.kind=none"),
        (["--epochs", "0"], "training.epochs is 0 passes: choose a value from 1"),
        (["--limit", "-3"], "data.limit is -3"),
        (["--seed", "-3"], "The seed is -3"),
        (["--classes", "0,7"], "has the classes 0 to 2, not 7"),
        (["--device", "abacus"], "There is no device 'abacus' here"),
        (["--name", ""], "The name is empty"),
        (["--name", " "], "The name is empty"),
        (["--name", "x" * 81], "choose at most 80"),
        (["--dataset", "nothing"], "There is no data set 'nothing': choose one of mnist, fashion_mnist, colours"),
        (["--set", "network.hidden=16000,16000,16000,16000,16000,16000,16000,16000"], "GB of memory"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_a_run_is_made(lab, words, what):
    assert what in lab.refused("train", "simple", *COLOURS, *words)
    assert not lab.runs.root.exists()


def test_an_unknown_variant_is_refused(lab):
    assert "choose one of simple, deep" in lab.refused("train", "magic", *COLOURS)


@pytest.mark.parametrize("words", [["--classes", "red"], ["--classes", "0,"], ["--epochs", "1.5"]])
def test_words_that_are_no_numbers_are_refused(lab, words):
    lab.refused("train", "simple", *COLOURS, *words, status=2)


def test_a_folder_of_runs_that_cannot_be_made_is_named(lab, tmp_path):
    (tmp_path / "file").touch()

    assert "could not be written" in lab.refused("train", "simple", *SMALL, "--runs", tmp_path / "file" / "runs")


def test_an_error_of_torch_ends_in_one_line_that_names_the_way_out(lab, monkeypatch):
    def fail(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(loop.Training, "events", fail)
    said = lab("train", "simple", *SMALL)

    assert (said.status, said.out) == (1, "")
    assert said.err.splitlines()[1:] == [
        "error: The memory of the device is not enough: choose a smaller batch_size, network or image size."
    ]
    (failed,) = [each for each in lab.json("runs") if not each["starter"]]
    assert failed["state"] == "failed"


def test_mnist_trains_on_as_many_images_as_asked(lab, monkeypatch, mnist_folder):
    monkeypatch.setenv("AECORE_DATA", str(mnist_folder))
    document = lab.json("train", "simple", "--dataset", "mnist", "--limit", "500", "--epochs", "1")

    assert lab.runs.get(document["run"]).status()["train_images"] == 500


def test_a_finished_run_gets_further_epochs(lab, trained):
    document = lab.json("resume", trained, "--epochs", "1")

    assert (document["state"], document["epochs_done"], document["epochs_total"]) == ("finished", 3, 3)
    assert [stage["epochs"] for stage in lab.json("show", trained)["recipe"]["stages"]] == [2, 1]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ([], "is finished: say how many further epochs"),
        (["--epochs", "0"], "training.epochs is 0"),
        (["--epochs", "1", "--device", "abacus"], "There is no device 'abacus'"),
        (["--background"], "is finished: say how many further epochs"),
    ],
)
def test_what_cannot_be_resumed_is_refused_and_stays_as_it_was(lab, trained, words, what):
    assert what in lab.refused("resume", trained, *words)
    assert lab.json("show", trained)["state"] == "finished"


def test_a_run_whose_pictures_are_gone_is_not_resumed(lab, trained, monkeypatch, tmp_path):
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "empty"))
    said = lab("resume", trained, "--epochs", "1")

    assert said.status == 1
    assert said.err.splitlines()[-1].startswith("error: There is no data set 'colours'")


def test_only_what_is_under_way_can_be_stopped(lab, trained):
    assert "only a run that trains or waits can be stopped" in lab.refused("stop", trained)


def test_a_run_that_another_process_trains_is_left_alone(lab, trained):
    run = lab.runs.get(trained)
    with run.hold():
        assert "under way" in lab.refused("resume", trained, "--epochs", "1")
        assert "under way" in lab.refused("delete", trained)


def test_a_run_stopped_from_elsewhere_says_how_to_go_on(lab):
    where = lab.folder / "runs"

    def stop_it():
        run = until(lambda: next((each for each in lab.runs.list() if each.progress), None), "the run to train")
        stop(lab.runs.get(run.id))

    other = threading.Thread(target=stop_it)
    other.start()
    said = lab("train", "simple", *COLOURS, *ENDLESS, "--json", "--runs", where)
    other.join()

    document = json.loads(said.out)
    assert (said.status, document["state"]) == (130, "stopped")
    again = f"python -m aecore resume {document['run']} --runs {where}"
    assert said.err.splitlines()[-1] == f"stopped; to go on: {again}"

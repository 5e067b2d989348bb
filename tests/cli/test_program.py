"""The command line as a process: streams, signals, and what it loads."""

import os
import signal
import subprocess
import sys
import time

import pytest

from aecore import places
from tests.cli.conftest import strict_json
from tests.runs.tiny import until

PROGRAM = [sys.executable, "-m", "aecore"]
TRAIN = ["train", "simple", "--dataset", "colours", "--set", "bottleneck.code_size=2", "--json"]
ENDLESS = ["--epochs", "10000", "--set", "training.batch_size=1"]


def run(*words, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.run([*PROGRAM, *words], env=environment(), check=False, **options)


def environment(**changes):
    return {**places.child_environment(), **os.environ, "PYTHONUNBUFFERED": "", **changes}


def test_training_prints_its_document_and_nothing_else(lab):
    done = run(*TRAIN, "--epochs", "1")

    assert done.returncode == 0
    assert strict_json(done.stdout)["state"] == "finished"
    assert done.stdout.count("\n") == 1
    run_line, epoch_line = done.stderr.splitlines()
    assert run_line.endswith(": Simple on colours")
    assert epoch_line.startswith("epoch 1: ")


def test_ctrl_c_stops_in_order_keeps_a_checkpoint_and_says_how_to_go_on(lab):
    with subprocess.Popen(
        [*PROGRAM, *TRAIN, *ENDLESS], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as training:
        until(lambda: training.stderr.readline().startswith("epoch 1"), "the first epoch")
        asked = time.monotonic()
        training.send_signal(signal.SIGINT)
        out, err = training.communicate()
        print(f"\nfrom Ctrl-C to the end of the process: {time.monotonic() - asked:.2f} s")

    document = strict_json(out)
    assert training.returncode == 130
    assert document["state"] == "stopped"
    assert "Traceback" not in err
    assert err.splitlines()[-1] == f"stopped; to go on: python -m aecore resume {document['run']}"
    assert (lab.runs.get(document["run"]).path / "checkpoint.safetensors").is_file()


def test_a_run_in_the_background_is_left_stopped_and_taken_up_again(lab):
    began = lab.json(*TRAIN[:-1], *ENDLESS, "--background")
    assert (began["state"] in ("queued", "running"), began["epochs_done"], began["train"]) == (True, 0, {})
    until(lambda: lab.json("show", began["run"])["epochs_done"], "the first epoch")

    stopped = lab.json("stop", began["run"])
    assert stopped["state"] == "stopped"
    assert stopped["train"]["loss"] > 0

    again = lab.json("resume", began["run"], "--background")
    assert again["state"] in ("queued", "running")
    until(lambda: lab.json("show", began["run"])["epochs_done"] > stopped["epochs_done"], "a further epoch")
    assert lab.json("stop", began["run"])["epochs_done"] > stopped["epochs_done"]


@pytest.mark.parametrize("words", [["runs"], ["runs", "--json"], ["train", "--help"]])
def test_a_reader_that_has_gone_ends_it_without_a_word(lab, words):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run(*words, stdout=writer)
    finally:
        os.close(writer)

    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("words", [["runs"], ["--help"]])
def test_an_answer_that_cannot_be_written_is_one_line(lab, words):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = run(*words, stdout=full)

    assert (done.returncode, done.stderr) == (1, "error: The answer could not be written (No space left on device).\n")


def test_a_name_that_the_terminal_cannot_show_is_shown_in_ascii(lab, trained):
    lab.runs.rename(trained, "Käfer")
    done = subprocess.run(
        [*PROGRAM, "runs"], env=environment(PYTHONIOENCODING="ascii"), capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "K\\xe4fer" in done.stdout


def test_an_error_is_one_line_and_an_exit_status(lab):
    done = run("evaluate", "nowhere", "--json")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("words", [["--help"], ["runs"], ["runs", "--json"], ["datasets"], ["evaluate", "nowhere"]])
def test_what_only_looks_loads_neither_torch_nor_pillow(lab, words):
    program = "import sys; from aecore.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program, *words], env=environment(), capture_output=True, text=True, check=True
    )

    assert {"torch", "sklearn", "PIL", "plotly", "onnx"}.isdisjoint(done.stderr.split())

"""What the process of a job loads, and what it says of its start."""

import gc
import time

from aecore.jobs import run_here, start
from aecore.jobs.launcher import LocalLauncher
from aecore.jobs.loading import load_torch
from tests.jobs.first_step import told_by
from tests.runs.tiny import tiny_recipe, until

# What torch, scikit-learn and the lab bring along for other work than a training.
NOT_NEEDED = {
    *("torch._dynamo", "torch._inductor", "torch.utils.tensorboard", "sympy", "networkx", "jinja2", "fsspec", "onnx"),
    *("sklearn", "scipy", "pandas", "plotly", "PIL", "skimage", "umap", "numba", "av", "constriction", "streamlit"),
    *("psutil", "beartype", "IPython", "requests"),
}

FRESH = """
import gc, json, sys
from tests.jobs.first_step import modules_at_first_step
print(json.dumps([sorted(modules_at_first_step(sys.argv[1])), gc.isenabled(), gc.get_freeze_count()]))
"""


def test_at_its_first_step_a_worker_has_loaded_nothing_that_training_does_not_need(runs):
    loaded, _, _ = told_by(FRESH, runs.create(tiny_recipe()))

    assert {"torch", "numpy", "aecore.training.loop"} <= set(loaded)
    assert NOT_NEEDED & set(loaded) == set()


def test_what_torch_loads_is_not_searched_for_garbage_and_all_else_is(runs):
    _, searches, set_aside = told_by(FRESH, runs.create(tiny_recipe()))

    assert searches
    assert set_aside > 100_000

    before = gc.get_freeze_count()
    load_torch()  # here it is loaded already
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, before)


def test_a_start_that_was_asked_for_says_how_long_its_first_step_took(runs):
    run, before = runs.create(tiny_recipe()), time.time()

    start(run, LocalLauncher())
    until(lambda: run.status()["state"] == "finished", "the end")

    status = run.status()
    assert before <= status["asked_at"] < status["first_step_at"] < time.time()
    assert f"First step {status['first_step_at'] - status['asked_at']:.1f} s after the start was asked for." in (
        run.log_tail()
    )


def test_a_run_in_the_foreground_tells_when_its_first_step_was_done_and_not_after_what(runs):
    run, before = runs.create(tiny_recipe()), time.time()

    for _ in run_here(run):
        pass

    assert before < run.status()["first_step_at"] < time.time()
    assert "First step" not in run.log_tail()

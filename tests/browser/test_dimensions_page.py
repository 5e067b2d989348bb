"""Dimensions in a real browser: started with tiny settings, seen while it works, stopped, gone on with, deleted."""

from aecore.jobs import stop
from tests.pages.oblong import NAME
from tests.runs.tiny import until


def test_an_experiment_is_seen_while_it_works_is_stopped_goes_on_and_is_deleted(address, store, open_tab):
    tab = open_tab()
    tab.goto(f"{address}/dimensions")
    tab.get_by_text("on this machine").wait_for()
    tab.get_by_role("combobox", name="Data set").click()
    tab.get_by_role("option", name=NAME.capitalize()).click()
    field = tab.get_by_role("textbox", name="Code sizes")
    field.fill("2, 3")
    field.press("Enter")
    tab.get_by_text("on this machine").wait_for()
    tab.get_by_role("button", name="Start").click()
    # PCA is there at once, UMAP takes a while: that is when it is stopped.
    tab.get_by_text("UMAP, 2 numbers").wait_for()
    tab.get_by_role("rowheader", name="PCA").wait_for()
    tab.get_by_role("button", name="Stop").click()
    tab.get_by_text("3 results. They are kept.").wait_for()
    (experiment,) = store.list()
    assert [each["method"] for each in experiment.results()] == ["Pixels", "PCA", "PCA"]

    tab.get_by_role("button", name="Resume").click()
    until(lambda: experiment.summary().state == "running", "it to go on")
    assert stop(experiment, timeout_s=30) == "stopped"

    tab.get_by_text("They are kept.").wait_for()
    tab.get_by_role("button", name="Delete").click()
    tab.get_by_role("button", name="Delete the experiment").click()
    tab.get_by_role("rowheader", name="Convolutional").wait_for()  # of the one that ships
    assert store.list() == []

"""Few labels in a real browser: an experiment is started, outlives its tab, and is stopped and gone on with."""

from aecore.jobs import stop
from tests.pages.oblong import NAME
from tests.runs.tiny import until


def test_an_experiment_outlives_its_tab_and_goes_on_after_a_stop(address, store, open_tab):
    tab = open_tab()
    tab.goto(f"{address}/few_labels")
    tab.get_by_text("on this machine").wait_for()
    tab.get_by_role("combobox", name="Data set").click()
    tab.get_by_role("option", name=NAME.capitalize()).click()
    for label, value in (("Numbers of labels", "8"), ("Epochs (passes)", "1000")):
        field = tab.get_by_role("textbox" if value == "8" else "spinbutton", name=label)
        field.fill(value)
        field.press("Enter")
    tab.get_by_text("on this machine").wait_for()
    tab.get_by_role("button", name="Start").click()
    tab.get_by_text("pretraining on 240 images without labels").wait_for()
    assert "experiment=" in tab.url
    tab.close()

    (experiment,) = store.list()
    assert experiment.summary().state == "running"
    tab = open_tab(width=390, height=844, dark=True)
    tab.goto(f"{address}/few_labels?experiment={experiment.id}")
    tab.get_by_role("button", name="Stop").click()
    tab.get_by_text("They are kept.").wait_for()
    assert experiment.summary().state == "stopped"

    tab.get_by_role("button", name="Resume").click()
    until(lambda: experiment.summary().state == "running" and experiment.summary().done > 0, "it to go on")
    tab.get_by_text("pretraining on 240 images without labels").wait_for()
    assert stop(experiment, timeout_s=30) == "stopped"

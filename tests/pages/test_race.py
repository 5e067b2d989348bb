"""Races on the page Train: the control that begins one, and what is shown of one."""

import json

from aecore.experiments.entrants import create_race, vary
from aecore.jobs import control
from aecore.jobs.foreground import experiment_here
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from tests.pages.oblong import NAME, errors, open_page, sentences, tables

SMALL = {"network.hidden": (24,), "bottleneck.code_size": 4, "training.epochs": 2}


def made(store, variant="variational", changes=None, **values):
    recipe = make_recipe(variant, DataChoice(NAME), {**SMALL, **(changes or {})})
    return create_race(vary([recipe], values or {"penalty.beta": ["0.5", "2"]}), Runs(), device="cpu")


def finished(store, **arguments):
    race = made(store, **arguments)
    for _ in experiment_here(race):
        pass
    return race


def open_train(**query):
    return open_page("train", **{"data": NAME, **query})


def press(app, label):
    (found,) = (each for each in app.button if each.label == label)
    return found.click().run()


def charts(app):
    return [json.loads(each.proto.spec) for each in app.get("plotly_chart")]


def field(app, label):
    return next(each for each in (*app.text_input, *app.selectbox) if each.label == label)


def test_one_click_starts_a_race_over_what_matters_most(store, launched):
    app = open_train(variant="variational")
    assert errors(app) == []
    assert field(app, "Values").value == "0.5, 1, 2, 4"
    assert "4 runs, trained together." in sentences(app)

    app = press(app, "Start the race")

    (race,) = store.list("race")
    assert launched == [race.id]
    settings = race.task().settings
    assert settings.names == ["Weight β 0.5", "Weight β 1", "Weight β 2", "Weight β 4"]
    assert [Runs().get(each).recipe().parts.penalty.settings.beta for each in settings.ids] == [0.5, 1, 2, 4]
    assert app.query_params["race"] in (race.id, [race.id])
    assert "Waits for the device" in str(app.get("progress")[0].proto)


def test_what_takes_turns_is_said_before_the_start(store):
    app = open_train(variant="variational")
    field(app, "Vary").select("network.hidden").run()
    assert "2 runs, one after the other: the networks differ." in sentences(app)


def test_values_that_make_no_race_are_said_in_a_sentence_and_nothing_starts(store):
    app = open_train(variant="variational")
    field(app, "Values").set_value("1").run()
    assert "These are 1 recipes: a race has 2 to 16 of them" in errors(app)[0]
    field(app, "Values").set_value("1, many").run()
    assert "many" in errors(app)[0]
    assert store.list("race") == []


def test_a_race_that_is_over_shows_curves_pictures_and_numbers_of_all(store):
    race = finished(store)

    app = open_train(race=race.id)

    assert errors(app) == []
    said = sentences(app)
    assert "The race is over." in said
    assert "Trained together: each batch moves all 2 in turn" in said
    curves = charts(app)[0]
    assert [each["name"] for each in curves["data"]] == ["Weight β 0.5", "Weight β 2"]
    assert [each["x"] for each in curves["data"]] == [[1, 2], [1, 2]]
    shown = json.dumps(str([each.proto.body for each in app.get("html")]))
    assert shown.count("Validation image ") == 8
    assert shown.count("by Weight") == 16
    numbers = next(each for each in tables(app) if ("Weight β 2", "") in each)
    assert len(numbers["Weight β 2", ""]) == 4
    assert "60 test images" in said


def test_a_race_between_its_epochs_says_what_is_to_come(store, launched):
    control.start(made(store))

    app = open_train()

    said = sentences(app)
    assert "The first points appear after the first epoch." in said
    assert "One run is under way" in said


def test_a_race_that_was_closed_is_found_again(store):
    race = finished(store)
    app = press(open_train(race=race.id), "Close")
    assert "The race is over." not in sentences(app)

    (again,) = (each for each in app.button if each.label.startswith("Race on"))
    app = again.click().run()

    assert app.query_params["race"] in (race.id, [race.id])
    assert "The race is over." in sentences(app)


def test_a_race_is_deleted_and_its_runs_stay(store):
    race = finished(store)

    app = press(open_train(race=race.id), "Delete the race")

    assert errors(app) == []
    assert store.list("race") == []
    assert len([each for each in Runs().list() if not each.starter]) == 2


def test_an_entrant_that_fell_out_says_why_and_a_deleted_one_is_left_out(store):
    race = made(store, **{"penalty.beta": ["0.5", "1", "2"]})
    first, second, _ = race.task().settings.ids
    (Runs().get(first).path / "recipe.json").write_text("{}")
    for _ in experiment_here(race):
        pass
    Runs().delete(second)

    app = open_train(race=race.id)

    assert errors(app) == []
    assert "One run was deleted." in sentences(app)
    (note,) = (unit for table in tables(app) for name, unit in table if name == "Weight β 0.5")
    assert "recipe.json cannot be used" in note


def test_the_lines_that_start_the_same_race_are_there(store):
    from aecore.analysis.recipes_as_code import race_lines

    lines = race_lines(make_recipe("variational", DataChoice(NAME), SMALL), "penalty.beta", "0.5, 2")

    assert "python -m aecore race variational --dataset oblong" in lines.shell
    assert "'penalty.beta=0.5, 2'" in lines.shell
    done: dict[str, object] = {}
    exec(lines.python, done)
    (race,) = store.list("race")
    assert race.status()["state"] == "finished"

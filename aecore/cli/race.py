"""The command that lets recipes race: race."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer
from aecore.cli.commands import Commands, runs_of, spelled
from aecore.cli.experiments import ONE, answer_of, follow, store_of
from aecore.cli.jobs import add_changes, add_where, device_of, read_changes, stop_and_wait
from aecore.cli.output import say
from aecore.cli.training import read_classes
from aecore.errors import LabError, SettingError

if TYPE_CHECKING:
    from aecore.experiments.experiment import Result
    from aecore.experiments.folder import Experiment
    from aecore.runs.folder import Run
    from aecore.training.recipe import Recipe

FORM = "part.setting=values"


def add_commands(commands: Commands) -> None:
    """race."""
    race = commands.add(
        "race", "train 2 to 16 recipes at once and compare them; Ctrl-C stops it and keeps checkpoints", _race, ONE
    )
    race.add_argument(
        "entrant",
        nargs="+",
        metavar="ENTRANT",
        help="a variant, a run whose recipe takes part, or a file like recipe.json; the id of a race alone goes on "
        "with it",
    )
    race.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar=FORM.upper(),
        help="every entrant with each of these values: penalty.beta=0.5,1,2 or seed=1..8, and of lists "
        "'network.hidden=512,256;64'; several give all combinations",
    )
    race.add_argument("--dataset", metavar="NAME", help="for variants: one of those that `datasets` lists")
    race.add_argument("--epochs", type=int, metavar="N", help="of each run")
    race.add_argument("--seed", type=int, default=0, metavar="S", help="for variants: of everything random (default 0)")
    race.add_argument("--limit", type=int, default=0, metavar="N", help="for variants: train on so many images only")
    race.add_argument("--classes", type=read_classes, default=(), metavar="0,1", help="for variants: use these only")
    add_changes(race, "part.setting=value", "change a setting of every entrant; may be repeated")
    race.add_argument("--name", metavar="TEXT", help="what the lab calls the race")
    add_where(race)
    race.add_argument("--stop", action="store_true", help="stop the race whose id is given")


def _race(options: argparse.Namespace) -> Answer:
    known = _known(options)
    if options.stop:
        if known is None:
            raise SettingError("--stop takes the id of one race: `experiments` lists them.")
        stop_and_wait(known)
        return answer_of(known)
    experiment = known or _created(options)
    if options.background:
        from aecore.jobs.control import start

        start(experiment)
        return answer_of(experiment)
    return _follow(experiment, options)


def _known(options: argparse.Namespace) -> "Experiment | None":
    """The race that is meant by its id; None where entrants of a new one are given."""
    if len(options.entrant) > 1:
        return None
    found = [each for each in store_of(options).list("race") if each.id.startswith(options.entrant[0])]
    return found[0] if len(found) == 1 else None


def _created(options: argparse.Namespace) -> "Experiment":
    from aecore.experiments.entrants import create_race, read_values, vary
    from aecore.training.recipe import changed_recipe

    changes = read_changes(options.changes)
    if options.epochs is not None:
        changes["training.epochs"] = options.epochs
    varied = {name: read_values(name, str(text)) for name, text in _varied(options.vary).items()}
    recipes = [changed_recipe(_recipe(word, options), changes) for word in options.entrant]
    device = device_of(options.device) or "auto"
    return create_race(vary(recipes, varied), runs_of(options), options.name, device, store_of(options))


def _varied(words: Iterable[str]) -> Mapping[str, str]:
    """Settings and the texts of their values; SettingError for a word of another form."""
    found = {}
    for word in words:
        name, sign, text = (each.strip() for each in word.partition("="))
        if not sign or not ("." in name or name == "seed"):
            raise SettingError(f"--vary {word!r} is not understood: write {FORM}, or seed=1..8.")
        found[name] = text
    return found


def _recipe(word: str, options: argparse.Namespace) -> "Recipe":
    """The recipe of a variant, in a file, or of a run."""
    from aecore.training.recipe import DataChoice, Recipe, make_recipe
    from aecore.variants.catalog import VARIANTS

    if word in VARIANTS:
        if not options.dataset:
            raise SettingError(f"The variant {word} needs images to learn: give --dataset.")
        data = DataChoice.from_dict({"name": options.dataset, "classes": options.classes, "limit": options.limit})
        return make_recipe(word, data, {}, options.seed)
    path = Path(word)
    if path.is_file():
        return Recipe.from_json(path.read_text(encoding="utf-8", errors="replace"))
    try:
        return runs_of(options).get(word).recipe()
    except LabError as error:
        raise SettingError(
            f"{word!r} is neither a variant ({', '.join(VARIANTS)}) nor a file; as a run: {error}"
        ) from None


def _follow(experiment: "Experiment", options: argparse.Namespace) -> Answer:
    """Let them race in this process to the end, with a line of validation errors after every epoch."""
    from aecore.experiments.race import RaceSettings

    settings = experiment.task().settings
    assert isinstance(settings, RaceSettings)
    say(f"{experiment.id}: {experiment.summary().name}")
    board = _Board(settings.names, [runs_of(options).get(each) for each in settings.ids])
    return follow(experiment, f"to go on: {spelled(options, 'race', experiment.id)}", _tell, board.tell)


def _tell(result: "Result") -> None:
    if "way" in result.values:
        say(f"trained {result.values['way']}: {result.values['why']}")


class _Board:
    """The validation errors of all, a line for each epoch that at least one has behind it."""

    def __init__(self, names: Sequence[str], runs: "Sequence[Run]"):
        self._names = names
        self._runs = runs
        self._said = 0

    def tell(self) -> None:
        """Say what is new: the epochs that all who are still going have done."""
        from aecore.experiments.race import compared_by

        status = [run.status() for run in self._runs]
        going = [each for each in status if each["state"] == "running"] or status
        done = min(int(each.get("epochs_done") or 0) for each in going)
        if done <= self._said:
            return
        metrics = [run.metrics() for run in self._runs]
        by = compared_by([rows[-1]["validation"] for rows in metrics if rows])
        curves = [{row["epoch"]: row["validation"].get(by) for row in rows} for rows in metrics]
        for epoch in range(self._said + 1, done + 1):
            told = [
                f"{name} {curve[epoch]:.2f}"
                for name, curve in zip(self._names, curves, strict=True)
                if isinstance(curve.get(epoch), float)
            ]
            say(f"epoch {epoch}, validation {by.replace('_', ' ')}: {'; '.join(told)}")
        self._said = done

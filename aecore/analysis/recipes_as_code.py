"""What is on screen, as lines for the shell and for Python that produce the same.

Only what differs from the variant's own choices is written out. Where the command line has no command of its own,
the shell lines hand the Python lines to the interpreter.
"""

import inspect
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aecore.errors import SettingError
from aecore.training.recipe import Recipe, make_recipe
from aecore.variants.catalog import variant as find_variant

SHELL = "python -m aecore"
LITERALS = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Lines:
    """The same thing said twice."""

    shell: str
    python: str


def train_lines(recipe: Recipe, device: str = "auto", name: str | None = None) -> Lines:
    """How to train `recipe` again. A recipe of several stages is resumed once for each further one."""
    first, *later = recipe.stages
    changes = changes_of(recipe)
    shell = [
        _wrapped(_words("train", recipe, device, name)),
        *(f"{SHELL} resume RUN --epochs {stage.epochs}" for stage in later),
    ]
    changes["training.epochs"] = first.epochs
    return Lines("\n".join(shell), "\n".join(_train_in_python(recipe, changes, device, name)))


def race_lines(recipe: Recipe, varied: str, values: str, device: str = "auto", name: str | None = None) -> Lines:
    """How to let `recipe` race with values of one setting, as `aecore.experiments.entrants` reads them."""
    words = [*_words("race", recipe, device, name), "--vary", shlex.quote(f"{varied}={values}")]
    python = [
        "from aecore.experiments.entrants import create_race, read_values, vary",
        "from aecore.jobs.foreground import experiment_here",
        *_recipe_in_python(recipe, {**changes_of(recipe), "training.epochs": recipe.stages[0].epochs}),
        f"entrants = vary([recipe], {{{varied!r}: read_values({varied!r}, {values!r})}})",
        f"for event in experiment_here(create_race(entrants{_named(device, name)})):",
        "    print(event)",
    ]
    return Lines(_wrapped(words), "\n".join(python))


def _words(command: str, recipe: Recipe, device: str, name: str | None) -> list[str]:
    """A command that makes a recipe of the variant, and what is changed."""
    words = [SHELL, command, recipe.variant, "--dataset", shlex.quote(recipe.data.name)]
    words += ["--classes", ",".join(map(str, recipe.data.classes))] if recipe.data.classes else []
    words += ["--limit", str(recipe.data.limit)] if _limited(recipe) else []
    words += ["--epochs", str(recipe.stages[0].epochs), "--seed", str(recipe.seed)]
    words += ["--device", shlex.quote(device)] if device != "auto" else []
    words += ["--name", shlex.quote(name)] if name else []
    for key, value in changes_of(recipe).items():
        words += ["--set", shlex.quote(f"{key}={_as_word(value)}")]
    return words


def _train_in_python(recipe: Recipe, changes: dict[str, object], device: str, name: str | None) -> list[str]:
    lines = [
        "from aecore.jobs import run_here",
        "from aecore.runs.store import Runs",
        "from aecore.training.prepare import prepare",
        *_recipe_in_python(recipe, changes),
    ]
    lines += [f"recipe = recipe.with_stage({stage.epochs})" for stage in recipe.stages[1:]]
    return [
        *lines,
        "recipe, _ = prepare(recipe)",
        f"run = Runs().create(recipe{_named(device, name)})",
        "for event in run_here(run):",
        "    print(event)",
    ]


def _recipe_in_python(recipe: Recipe, changes: dict[str, object]) -> list[str]:
    data = repr(recipe.data.name)
    data += f", classes={recipe.data.classes!r}" if recipe.data.classes else ""
    data += f", limit={recipe.data.limit}" if _limited(recipe) else ""
    return [
        "from aecore.training.recipe import DataChoice, make_recipe",
        "",
        "changes = {",
        *(f"    {key!r}: {value!r}," for key, value in changes.items()),
        "}",
        f"recipe = make_recipe({recipe.variant!r}, DataChoice({data}), changes, seed={recipe.seed})",
    ]


def _named(device: str, name: str | None) -> str:
    return (f", name={name!r}" if name else "") + (f", device={device!r}" if device != "auto" else "")


def _limited(recipe: Recipe) -> bool:
    """Whether the training images are fewer than the variant itself takes."""
    return recipe.data.limit not in (0, find_variant(recipe.variant).images)


def changes_of(recipe: Recipe) -> dict[str, object]:
    """What the recipe changes in its variant, epochs aside: "part.setting" and the value."""
    chosen = {axis: choice["kind"] for axis, choice in recipe.parts.to_dict().items()}
    plain = make_recipe(recipe.variant, recipe.data)
    kinds = {f"{axis}.kind": kind for axis, kind in chosen.items() if kind != plain.parts.to_dict()[axis]["kind"]}
    usual = make_recipe(recipe.variant, recipe.data, kinds).flat()
    own = {key: value for key, value in recipe.flat().items() if usual.get(key) != value}
    return {**kinds, **{key: value for key, value in own.items() if key != "training.epochs"}}


def evaluate_lines(run: str) -> Lines:
    """The numbers of a run on its test images."""
    python = [*_opening(run, "evaluate", "evaluate"), "print(evaluate(opened).to_dict())"]
    return Lines(f"{SHELL} evaluate {shlex.quote(run)}", "\n".join(python))


def generate_lines(
    runs: Sequence[str],
    count: int,
    seed: int,
    label: int | None = None,
    truncation: float = 1.0,
    guidance: float = 1.0,
    steps: int = 0,
) -> Lines:
    """Images that several runs draw from the same seed, and the nearest training image of each."""
    asked = {"label": label, "truncation": truncation, "guidance": guidance, "steps": steps}
    usual = {"label": None, "truncation": 1.0, "guidance": 1.0, "steps": 0}
    changed = "".join(f", {name}={value!r}" for name, value in asked.items() if value != usual[name])
    python = [
        "from aecore.analysis.generate import draw",
        "from aecore.analysis.quality import nearest",
        "from aecore.runs.opened import open_run",
        "from aecore.runs.store import Runs",
        "",
        f"for name in {[str(each) for each in runs]}:",
        "    opened = open_run(Runs().get(name))",
        f"    drawn = draw(opened, {count}, seed={seed}{changed})",
        "    found = nearest(drawn.images, opened.splits.train)",
        "    print(name, drawn.images.shape, drawn.milliseconds, found.indices, found.distances)",
    ]
    return _by_python(python)


def figures_lines(runs: Sequence[str]) -> Lines:
    """Every number of each run on its test images."""
    python = [
        "from aecore.analysis.figures import figures",
        "from aecore.jobs.classifiers import classifier_for",
        "from aecore.runs.opened import open_run",
        "from aecore.runs.store import Runs",
        "",
        f"for name in {[str(each) for each in runs]}:",
        "    print(name, figures(open_run(Runs().get(name)), classifier_for).to_dict())",
    ]
    shell = "\n".join(f"{SHELL} evaluate {shlex.quote(each)}" for each in runs)
    return Lines(shell, "\n".join(python))


def export_lines(run: str, what: str, file: str) -> Lines:
    """A part of a run as a file for other programs."""
    python = [
        "from pathlib import Path",
        "",
        *_opening(run, "export", "export"),
        f"Path({file!r}).write_bytes(export(opened, {what!r}))",
    ]
    shell = f"{SHELL} export {shlex.quote(run)} --what {shlex.quote(what)} -o {shlex.quote(file)}"
    return Lines(shell, "\n".join(python))


def analysis_lines(function: Callable[..., object], run: str, **arguments: object) -> Lines:
    """A call of an analysis on an open run with plain arguments, for instance `noise_curve` with its corruption.

    SettingError for arguments that the function does not take or that cannot be written down.
    """
    try:
        inspect.signature(function).bind(None, **arguments)
    except TypeError as error:
        raise SettingError(f"{function.__name__} cannot be called like this: {error}.") from None
    written = "".join(f", {name}={_literal(value)}" for name, value in arguments.items())
    module = function.__module__.rpartition(".")[2]
    python = [*_opening(run, module, function.__name__), f"result = {function.__name__}(opened{written})"]
    return _by_python(python)


def reconstruct_lines(
    run: str,
    indices: Sequence[int],
    split: str = "test",
    corruption: str | None = None,
    level: float | None = None,
    seed: int = 0,
) -> Lines:
    """Images of a split, corrupted and reconstructed."""
    python = [
        *_opening(run, "reconstruct", "reconstruct"),
        f"images = opened.splits.{split}.images[{[int(each) for each in indices]}]",
        f"result = reconstruct(opened, images, corruption={corruption!r}, level={level!r}, seed={seed})",
        "for measures in result.measures:",
        "    print(measures.to_dict())",
    ]
    return _by_python(python)


def picture_lines(
    run: str,
    files: Sequence[str],
    fit: str = "crop",
    inverted: bool = False,
    corruption: str | None = None,
    level: float | None = None,
    seed: int = 0,
) -> Lines:
    """Pictures from files, fitted to the run's images, corrupted and reconstructed."""
    fitted = "fit_picture(read_picture(name, Path(name)), (height, width), fit, channels)"
    fitted = f"inverted({fitted})" if inverted else fitted
    python = [
        "from pathlib import Path",
        "",
        "import numpy as np",
        "",
        f"from aecore.data.fitting import fit_picture{', inverted' if inverted else ''}",
        "from aecore.data.pictures import read_picture",
        *_opening(run, "reconstruct", "reconstruct"),
        "channels, height, width = opened.splits.shape",
        f"names, fit = {[str(each) for each in files]}, {fit!r}",
        f"images = np.stack([{fitted}.pixels for name in names])",
        f"result = reconstruct(opened, images, corruption={corruption!r}, level={level!r}, seed={seed})",
        "for name, measures in zip(names, result.measures):",
        "    print(name, measures.to_dict())",
    ]
    return _by_python(python)


def score_lines(
    run: str,
    files: Sequence[str],
    score: str,
    quantile: float,
    threshold: float | None = None,
    fit: str = "crop",
    inverted: bool = False,
) -> Lines:
    """Pictures from files, flagged by a score against the normal images of a run."""
    names = [str(each) for each in files]
    chosen = f"--quantile={quantile:g}" if threshold is None else f"--threshold={threshold!r}"
    words = [SHELL, "score", shlex.quote(run), *map(shlex.quote, names), "--score", score, chosen]
    words += ["--fit", fit] if fit != "crop" else []
    words += ["--invert"] if inverted else []
    python = [
        "from pathlib import Path",
        "",
        "from aecore.analysis.anomalies.flags import draw_line, flag_pictures, moved, take_picture",
        *_opening(run, "anomalies.detector", "fit_detector"),
        "detector = fit_detector(opened)",
        f"line, _ = draw_line(detector, {score!r}, {quantile!r})",
        *([] if threshold is None else [f"line = moved(line, {threshold!r})"]),
        f"names = {names}",
        f"pictures = [take_picture(name, Path(name), detector.shape, {fit!r}, {inverted!r}) for name in names]",
        "for flag in flag_pictures(detector, pictures, line):",
        "    print(flag.numbers(line))",
    ]
    return Lines(_wrapped(words), "\n".join(python))


def enlarge_lines(run: str, file: str, factor: int, kind: str, blend: float = 0.0, orientations: int = 1) -> Lines:
    """A picture from a file, enlarged into another."""
    out = f"enlarged.{'jpg' if kind == 'jpeg' else kind}"
    words = [SHELL, "upscale", shlex.quote(file), "-o", out, "--factor", str(factor), "--model", shlex.quote(run)]
    words += ["--blend", f"{blend:g}"] if blend else []
    words += _orientations(orientations)
    python = [
        "from pathlib import Path",
        "",
        "from aecore.analysis.restoring.files import taken_in",
        *_opening(run, "restoring.files", "enlarged_file"),
        f"picture = taken_in({file!r}, Path({file!r}))",
        f"made = enlarged_file(picture, {factor}, opened, {kind!r}, blend={blend:g}, orientations={orientations})",
        f"Path({out!r}).write_bytes(made.content)",
    ]
    return Lines(_wrapped(words), "\n".join(python))


def denoise_lines(run: str, file: str, noise_std: float | None, kind: str, orientations: int = 1) -> Lines:
    """A picture from a file, its noise taken out, into another."""
    out = f"denoised.{'jpg' if kind == 'jpeg' else kind}"
    words = [SHELL, "denoise", shlex.quote(file), "-o", out, "--model", shlex.quote(run)]
    words += [] if noise_std is None else ["--noise", f"{noise_std:g}"]
    words += _orientations(orientations)
    python = [
        "from pathlib import Path",
        "",
        "from aecore.analysis.restoring.files import taken_in",
        *_opening(run, "restoring.files", "denoised_file"),
        f"picture = taken_in({file!r}, Path({file!r}))",
        f"made = denoised_file(picture, opened, {noise_std!r}, {kind!r}, orientations={orientations})",
        f"Path({out!r}).write_bytes(made.content)",
    ]
    return Lines(_wrapped(words), "\n".join(python))


def _orientations(orientations: int) -> list[str]:
    return [] if orientations == 1 else ["--orientations", str(orientations)]


def interpolate_lines(
    run: str, first: int, second: int, split: str = "test", steps: int = 9, way: str = "straight"
) -> Lines:
    """The way between the codes of two images of a split."""
    python = [
        "from aecore.analysis.trained import encode",
        *_opening(run, "latent", "interpolate"),
        f"start, end = encode(opened, opened.splits.{split}.images[[{int(first)}, {int(second)}]])",
        f"path = interpolate(opened, start, end, steps={steps}, way={way!r})",
        "print(path.images.shape)",
    ]
    return _by_python(python)


def compare_lines(
    runs: Sequence[str],
    indices: Sequence[int],
    split: str = "test",
    corruption: str = "none",
    level: float | None = None,
    seed: int = 0,
) -> Lines:
    """Several runs on the same images with the same noise."""
    noise = "" if corruption == "none" else f", corruption={corruption!r}, level={level!r}, seed={seed}"
    python = [
        "from aecore.analysis.compare import compare",
        "from aecore.runs.opened import open_run",
        "from aecore.runs.store import Runs",
        "",
        f"names = {[str(each) for each in runs]}",
        "opened = [open_run(Runs().get(name)) for name in names]",
        f"result = compare(opened, names, indices={[int(each) for each in indices]}, split={split!r}{noise})",
        "for name, measures in zip(names, result.measures):",
        "    print(name, measures.to_dict())",
    ]
    return _by_python(python)


def _opening(run: str, module: str, function: str) -> list[str]:
    return [
        f"from aecore.analysis.{module} import {function}",
        "from aecore.runs.opened import open_run",
        "from aecore.runs.store import Runs",
        "",
        f"opened = open_run(Runs().get({run!r}))",
    ]


def _by_python(lines: Sequence[str]) -> Lines:
    python = "\n".join(lines)
    return Lines(f"python - <<'END'\n{python}\nEND", python)


def _literal(value: object) -> str:
    if isinstance(value, LITERALS):
        return repr(value)
    if isinstance(value, (tuple, list)):
        inside = ", ".join(_literal(each) for each in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    raise SettingError(f"{value!r} cannot be written as a line of Python: give numbers, words or tuples of them.")


def _as_word(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _wrapped(words: Sequence[str], width: int = 100) -> str:
    """One command over several lines, broken before an option."""
    lines = [words[0]]
    for word, following in zip(words[1:], [*words[2:], ""], strict=True):
        length = len(lines[-1]) + len(word) + 1 + (len(following) + 1 if word.startswith("--") else 0)
        if word.startswith("--") and length > width:
            lines.append(f"    {word}")
        else:
            lines[-1] += f" {word}"
    return " \\\n".join(lines)


def compress_lines(run: str, name: str, quality: int) -> Lines:
    """How to compress a picture with a run and to decode the file; `quality` from 1."""
    stem = name.rpartition(".")[0] or name
    compressed, decoded = f"{stem}.aec", f"{stem}.decoded.png"
    words = [SHELL, "encode", shlex.quote(name), "-o", shlex.quote(compressed), "--with", shlex.quote(run)]
    back = [SHELL, "decode", shlex.quote(compressed), "-o", shlex.quote(decoded), "--with", shlex.quote(run)]
    python = (
        "from pathlib import Path",
        "",
        "from aecore.compression.codec import codec_of",
        "from aecore.compression.pictures import decode_file, encode_picture, png_of",
        "from aecore.runs.opened import open_run",
        "from aecore.runs.store import Runs",
        "",
        f"codec = codec_of(open_run(Runs().get({run!r})).composition.model)",
        f"made = encode_picture(codec.encoder, {name!r}, Path({name!r}), quality={quality - 1})",
        f"Path({compressed!r}).write_bytes(made.file)",
        f"Path({decoded!r}).write_bytes(png_of(decode_file(codec.decoder, made.file)))",
    )
    return Lines("\n".join((_wrapped([*words, "--quality", str(quality)]), _wrapped(back))), "\n".join(python))

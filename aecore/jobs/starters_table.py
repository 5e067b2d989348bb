"""The table of the starter runs: what each is, what training it took, and its numbers beside an honest baseline.

It is made from the run folders alone (recipe, metrics, environment, evaluation), so that it cannot say anything else
than they do; a test holds the page in docs/ to it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aecore.errors import RunError
from aecore.runs.folder import Run
from aecore.training.recipe import Recipe
from aecore.variants.variant import NEUTRAL

BEGIN, END = "<!-- table: made by `python -m aecore starters --table` -->", "<!-- end of the table -->"
HEAD = ("run", "settings", "parameters", "training", "measured on the test images", "beside it", "better?")


@dataclass(frozen=True)
class Measure:
    """One figure of an evaluation with the baseline that belongs beside it; keys as `evaluate --help` says."""

    key: tuple[str, ...]
    title: str
    digits: int
    baseline: tuple[str, ...] = ()
    baseline_title: str = ""
    higher: bool = False  # whether more is better

    def rows(self, figures: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """What was measured, what stands beside it, and whether it is better; nothing where it was not measured."""
        value, beside = _dig(figures, self.key), _dig(figures, self.baseline)
        if value is None or (self.baseline and beside is None):
            return
        shown = f"{self.title} **{value:,.{self.digits}f}**"
        if beside is None or abs(beside) < 0.5 * 10**-self.digits:
            yield shown, "", ""  # nothing beside it, or principal components as many as pixels, which lose nothing
            return
        better = value > beside if self.higher else value < beside
        yield shown, f"{self.baseline_title} {beside:,.{self.digits}f}", "yes" if better else "**no**"


MEASURES = (
    Measure(("neg_elbo_nats_per_image",), "−ELBO, nats", 2),
    Measure(("neg_elbo_binarised_nats_per_image",), "−ELBO of binarised pixels, nats", 2),
    Measure(("nll_nats_per_image",), "−log p of binarised pixels, nats", 2),
    Measure(
        ("test_error_percent",),
        "wrong class, %",
        2,
        ("logistic_regression", "test_error_percent"),
        "logistic regression on pixels, same labels",
    ),
    Measure(("sse_per_image",), "squared error", 2, ("pca", "sse_per_image"), "PCA of the same code size"),
    Measure(("psnr_db",), "PSNR, dB", 2, ("best_linear", "psnr_db"), "best linear denoiser", higher=True),
    Measure(("frechet_own",), "Fréchet distance", 1, ("frechet_pca_gaussian",), "PCA + Gaussian"),
    Measure(("frechet_real_floor",), "the same of real training images", 1),
    Measure(("classes_covered",), "classes among the drawn images", 0),
)


def table(runs: Sequence[Run]) -> str:
    """The table in Markdown. RunError for a run without `evaluation.json`, with the way out."""
    lines = [" | ".join(HEAD), " | ".join(["---"] * len(HEAD))]
    for run in runs:
        figures = _figures(run)
        measured = [row for measure in MEASURES for row in measure.rows(figures)]
        measured += _restored(figures)
        columns = ["<br>".join(column) for column in zip(*measured, strict=True)] if measured else ["", "", ""]
        lines.append(" | ".join([f"`{run.id}`", *_made(run), *columns]))
    return "\n".join(f"| {line} |" for line in lines)


def into_page(page: str, runs: Sequence[Run]) -> str:
    """A page of Markdown with the table between its two marks made anew. RunError for a page without them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise RunError(f"The page has no place for the table: put it between {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n\n{table(runs)}\n\n{END}{after}"


def _restored(figures: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Of a restorer: PSNR at each strength, beside it the best of the methods that learned nothing."""
    scores: Sequence[Mapping[str, Any]] = figures.get("scores", ())
    name, title = ("factor", "{:g} times") if figures.get("protocol") == SUPER_RESOLUTION else (NOISE, "noise of {:g}")
    for model in (each for each in scores if each["method"] == "model"):
        others = [each for each in scores if each[name] == model[name] and each["method"] not in ("model", "noisy")]
        best = max(others, key=lambda each: float(each["psnr_db"]))
        better = "yes" if model["psnr_db"] > best["psnr_db"] else "**no**"
        said = title.format(model[name])
        yield f"PSNR at {said}, dB **{model['psnr_db']:.2f}**", f"{best['method']} {best['psnr_db']:.2f}", better


def _figures(run: Run) -> Mapping[str, Any]:
    try:
        figures: dict[str, Any] = json.loads((run.path / "evaluation.json").read_text())
    except (OSError, ValueError):
        raise RunError(
            f"{run.id} has no figures: measure it with python -m aecore starters --measure --only {run.id}."
        ) from None
    return figures


def _made(run: Run) -> tuple[str, str, str]:
    """Settings, parameters, training."""
    recipe, summary, environment = run.recipe(), run.summary(), run.environment()
    seconds = run.metrics()[-1]["seconds"]
    return (
        "<br>".join(_settings(recipe, summary.latent)),
        f"{summary.parameters:,}",
        f"{recipe.epochs} epochs of {_images(run):,} images, {seconds:,.0f} s<br>{environment['device']}, "
        f"{environment['precision']}",
    )


def _images(run: Run) -> int:
    """How many images the run was trained on."""
    return int(run.status()["train_images"])


def _settings(recipe: Recipe, latent: int) -> Iterator[str]:
    """The parts that are not neutral, with the settings that give their size."""
    classes = f", class {', '.join(map(str, recipe.data.classes))}" if recipe.data.classes else ""
    yield f"{recipe.variant} on {recipe.data.name}{classes}"
    for axis, choice in recipe.parts.to_dict().items():
        numbers = [each for name, each in choice.items() if name in SHOWN and each not in ([], 0)]
        words = [" ".join(map(str, each)) if isinstance(each, list) else f"{each:g}" for each in numbers]
        if axis == "bottleneck" and latent != recipe.code_size:
            words.append(f"(code of {latent})")
        if choice["kind"] != NEUTRAL[axis] or words:
            yield f"{axis}: {' '.join([str(choice['kind']), *words])}"


SUPER_RESOLUTION, NOISE = "super-resolution", "noise_std_levels"  # as `evaluate` names them
SHOWN = (
    "hidden",
    "channels",
    "code_size",
    "noise_std",
    "share",
    "beta",
    "factor",
    "blocks",
    "first_filters",
    "second_filters",
)  # settings that a table has room for


def _dig(values: Any, keys: tuple[str, ...]) -> float | None:
    if not keys:
        return None
    for key in keys:
        values = values.get(key) if isinstance(values, Mapping) else None
    return float(values) if isinstance(values, (int, float)) and not isinstance(values, bool) else None

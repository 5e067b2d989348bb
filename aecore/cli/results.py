"""Commands about what a run gives: evaluate, history, reproduce, export."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from aecore.cli.answer import Answer, counted, listing, table
from aecore.cli.commands import Commands, Interrupted, Keys, add_run, runs_of, spelled
from aecore.cli.output import say, show_progress
from aecore.errors import RunError, SettingError

if TYPE_CHECKING:
    from aecore.jobs.reproduce import Agreement, Number
    from aecore.runs.folder import Run

MEASURES: Keys = {
    "sse_per_image": "squared error, summed over pixels and channels, mean over the images; pixels run from 0 to 1",
    "mse_per_pixel": "the same, divided by the number of pixels and channels",
    "psnr_db": "from the mean of mse_per_pixel over all images; null without any error",
    "bce_nats_per_image": "cross-entropy, summed over pixels and channels, mean over the images",
}
EVALUATION: Keys = {
    "run": "its id",
    "epoch": "whose weights were measured",
    "note": "what to know of these weights or data; empty when all is as it should be",
    "split": "test, or pictures for a call with --pictures",
    "images": "only for a model with an encoder: how many the means are over",
    **{name: f"only there: {text}" for name, text in MEASURES.items()},
    "neg_elbo_nats_per_image": "only for a variational model: one draw per image, KL with factor 1",
    "kl_nats_per_image": "only for a variational model: its part of that",
    "neg_elbo_binarised_nats_per_image": "only for one trained on binarised pixels, and then instead: the same of such "
    "pixels; never to be compared with that of grey ones",
    "kl_binarised_nats_per_image": "only there: its part of that",
    "nll_nats_per_image": "only for a call with --importance-samples: minus the log likelihood of binarised pixels",
    "importance_samples": "only there: how many draws for each image it was estimated by; fewer make it larger",
    "likelihood_note": "only where pixels were binarised: how, and what to know of it",
    "active_units": "only for a variational model: numbers of the code whose posterior mean varies by more than 0.01",
    "class_accuracy": "only for a model that encodes the class: share of images whose class the encoder names rightly",
    "pca": "only for a model with an encoder, an object: the same errors for principal components of the same "
    "code_size, fitted to the training images",
    "corruption": "only for a model trained on corrupted images: what was done to the images measured here",
    "input": "only there: the same errors for the corrupted images themselves",
    "best_linear": "only there: the same errors for the best linear denoiser",
    "drawn": "only for a model that draws images: how many were drawn for what follows, and compared with as many "
    "test images",
    "frechet_own": "only there and with classes: Frechet distance of drawn and test images on the features of the "
    "lab's own classifier; comparable with the next two alone",
    "frechet_real_floor": "only there: the same for training and test images, what nothing can be expected to beat",
    "frechet_pca_gaussian": "only there: the same for images of Gaussian codes of 64 principal components",
    "classes_covered": "only there: classes as which at least a tenth of an even share of the drawn images is "
    "classified, with a confidence above 0.5",
    "classes": "only there: how many there are",
    "class_shares": "only there, an object: share of the drawn images by the most probable class",
    "classifier_accuracy": "only there: of the classifier on the test images, 0 to 1",
    "nearest_train_distance": "only for a model that draws images: Euclidean distance over pixels and channels to the "
    "nearest training image, mean over nearest_images drawn ones; pixels run from 0 to 1",
    "nearest_train_distance_test": "only there: the same for test images, the yardstick",
    "nearest_images": "only there: how many both means are over",
    "ms_per_image": "only there: to draw one image, in milliseconds, as measured here",
    "quality_note": "only there: what to know of these numbers; empty when all is as it should be",
    "test_error_percent": "only for a model that classifies: how many of 100 test images it puts into a wrong class",
    "labels": "only there: how many training images had a label",
    "protocol": 'only for a model that restores pictures: "super-resolution" or "denoising", as published',
    "pictures": "only there: how many the means are over, at most 200 test images or those of --pictures",
    "scores": "only there, a list: factor or noise_std_levels (of 255), method (model, bicubic, noisy, nlm, tv, bm3d, "
    "and for a call with --pictures self_ensemble, the model in eight orientations), psnr_db and ssim, both of each "
    "picture and then the mean",
    "skipped": "only there and for a call with --pictures: the files that were left out, name and reason",
    "logistic_regression": "only there: an object, test_error_percent of it on pixels with the same labels",
}
AGREEMENT: Keys = {
    "run": "the run that was trained again",
    "reproduction": "the new run",
    "agrees": "whether every number of every epoch compared is within the tolerance",
    "tolerance": "relative; 0 demands the last bit",
    "expected": "why so close, in words",
    "epochs": "those that were compared",
    "first_difference": "the first of them with a number that does not agree; null when all agree",
    "numbers": "of the last epoch, a list: name, recorded, reproduced, agrees",
}
HISTORY: Keys = {
    "run": "its id",
    "note": "what is missing and why, and how epochs were compared",
    "loss": "what the loss is: the name of its only part, or loss for a sum; mean per validation image",
    "codes": "how many codes were recorded in each epoch; they are stored as float16, which rounds to three digits",
    "code_size": "numbers in one; a variational model's are the mean",
    "epochs": "the recorded ones, a list: epoch, loss, alignment_residual (share of the last epoch's variance that no "
    "turn and no scale explains; null where codes are compared as they are), spread (standard deviation of the codes, "
    "over all their numbers), movement (mean way of a code since the epoch before, in spreads) and neighbours_kept "
    "(share of the 10 nearest codes that were so in the epoch before)",
}
EXPORTED: Keys = {"run": "its id", "what": "the part", "file": "where it was written", "bytes": "its size"}


def add_commands(commands: Commands) -> None:
    """evaluate, history, reproduce, export."""
    evaluate = commands.add(
        "evaluate", "measure a run on the test images, with baselines beside it", _evaluate, EVALUATION
    )
    add_run(evaluate)
    evaluate.add_argument(
        "--importance-samples",
        type=int,
        default=0,
        metavar="K",
        help="for a variational model: also the likelihood of binarised pixels, from K draws for each image; published "
        "numbers take 5000, which is a matter of minutes",
    )
    evaluate.add_argument(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="for a model that restores pictures: measure on those of a folder or a zip by the published protocol, "
        "instead of the test images",
    )
    add_run(commands.add("history", "what every recorded epoch of a run changed in its codes", _history, HISTORY))
    reproduce = commands.add(
        "reproduce", "train a run's recipe again; exit status 1 when its numbers do not agree", _reproduce, AGREEMENT
    )
    add_run(reproduce)
    reproduce.add_argument("--device", metavar="D", help="default: as the run was asked to")
    export = commands.add("export", "write a part of a run for other programs", _export, EXPORTED)
    add_run(export)
    export.add_argument(
        "--what",
        required=True,
        choices=("encoder", "decoder", "weights", "codec-encoder", "codec-decoder"),
        help="ONNX, ONNX, safetensors; the last two are what `encode` and `decode` take on another host",
    )
    export.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="is replaced if it is there")


def _evaluate(options: argparse.Namespace) -> Answer:
    run = runs_of(options).get(options.run)  # before torch is loaded: who mistypes a name need not wait
    if options.importance_samples and not run.summary().encodes:
        raise SettingError("Only a variational model has a likelihood to sample: leave out --importance-samples.")

    if options.pictures is not None:
        return _evaluate_on(run, options.pictures)

    from functools import partial

    from aecore.analysis.evaluate import evaluate
    from aecore.analysis.figures import figures
    from aecore.jobs.classifiers import classifier_for
    from aecore.runs.opened import open_run

    opened = open_run(run)
    found = figures(
        opened,
        classifier_for,
        progress=lambda done: show_progress(f"{done:4.0%} measured"),
        measure=partial(evaluate, importance_samples=options.importance_samples),
    )
    document = {
        "run": opened.run.id,
        "epoch": opened.epoch,
        "note": opened.fallback_note,
        **found.to_dict(),
    }
    return Answer(document, listing(document))


def _evaluate_on(run: "Run", folder: Path) -> Answer:
    """The published protocol on pictures of a folder."""
    from aecore.analysis.restoring.protocol import measure_pictures, method_title
    from aecore.data.skipped import Skipped
    from aecore.data.sources import pictures_in
    from aecore.runs.opened import open_run

    found = list(pictures_in(folder))
    pictures = [each.pixels for each in found if not isinstance(each, Skipped)]
    skipped = [{"name": each.name, "reason": each.reason} for each in found if isinstance(each, Skipped)]
    opened = open_run(run)
    measured = measure_pictures(pictures, opened, lambda done: show_progress(f"{done:4.0%} measured"), ensemble=True)
    document = {"run": run.id, "epoch": opened.epoch, "note": opened.fallback_note, "split": "pictures"}
    document |= measured.to_dict()
    rows = [
        {"strength": each.strength, "method": method_title(each.method), "psnr": each.psnr_db, "ssim": each.ssim}
        for each in measured.scores
    ]
    strength = "factor" if measured.kind == "super-resolution" else "noise, of 255"
    columns = {"strength": strength, "method": "method", "psnr": "PSNR in dB", "ssim": "SSIM"}
    lines = [f"{run.id}: {measured.kind}, mean over {counted(measured.pictures, 'picture')}", table(rows, columns)]
    lines += [f"skipped {each['name']}: {each['reason']}" for each in skipped]
    return Answer(document | {"skipped": skipped}, "\n".join(lines))


def _history(options: argparse.Namespace) -> Answer:
    run = runs_of(options).get(options.run)

    from functools import partial

    from aecore.analysis.history import changes, history, moment

    found = history(run, partial(moment, with_decoder=False))
    rows = changes(found)
    _, count, latent = found.codes.shape
    document = {"run": run.id, "note": found.note, "loss": found.loss.name, "codes": count, "code_size": latent}
    columns = {"epoch": "epoch", "loss": f"{found.loss.name}, validation", "alignment_residual": "alignment residual"}
    columns |= {"spread": "spread", "movement": "movement, in spreads", "neighbours_kept": "neighbours kept"}
    text = f"{run.id}: {counted(count, 'code')} of {counted(latent, 'number')}" if count else f"{run.id}: no codes"
    return Answer(document | {"epochs": rows}, "\n".join([text, table(rows, columns), found.note]))


def _reproduce(options: argparse.Namespace) -> Answer:
    runs = runs_of(options)
    run = runs.get(options.run)

    from aecore.jobs.reproduce import Agreement, reproduce
    from aecore.runs.folder import Run

    again = ""
    for event in reproduce(runs, run, options.device):
        match event:
            case Run():
                again = event.id
                say(f"{again}: {event.summary().name}")
            case Agreement():
                return _agreement(event)
            case _:
                show_progress(f"{event.done:4.0%}  {event.seconds_left:,.0f} s left")
    raise Interrupted(f"stopped; {again} can be resumed for its own sake: {spelled(options, 'resume', again)}")


def _agreement(agreement: "Agreement") -> Answer:
    rows = [_digits(each) for each in agreement.numbers]
    columns = {"name": "last epoch", "recorded": "recorded", "reproduced": "reproduced", "agrees": "agrees"}
    verdict = "The numbers agree" if agreement.agrees else "The numbers do not agree"
    where = f" They differ from epoch {agreement.first_difference} on." if agreement.first_difference else ""
    text = f"{table(rows, columns)}\n{verdict} ({agreement.expected}).{where} The new run is {agreement.reproduction}."
    return Answer(agreement.to_dict(), text, exit_status=0 if agreement.agrees else 1)


def _digits(number: "Number") -> dict[str, object]:
    """With more digits than a table has otherwise: a difference in the last bit is one."""
    return {
        "name": number.name,
        "recorded": _all_digits(number.recorded),
        "reproduced": _all_digits(number.reproduced),
        "agrees": number.agrees,
    }


def _all_digits(value: float | None) -> str:
    return "" if value is None else f"{value:.17g}"


def _export(options: argparse.Namespace) -> Answer:
    run = runs_of(options).get(options.run)
    require_place(options.output)

    from aecore.analysis.export import export
    from aecore.runs.opened import open_run

    content = export(open_run(run), options.what)
    write(options.output, content)
    document = {"run": run.id, "what": options.what, "file": str(options.output), "bytes": len(content)}
    return Answer(document, f"{options.output}: {options.what} of {run.id}, {len(content):,} bytes")


def require_place(file: Path) -> None:
    """RunError at once where nothing can be written: opening a run takes a while."""
    if file.is_dir():
        raise RunError(f"{file} is a folder: give the name of a file in it.")
    if not file.absolute().parent.is_dir():
        raise RunError(f"There is no folder {file.parent}: make it, or choose another place.")


def write(file: Path, content: bytes) -> None:
    """RunError when it cannot be written; a file that was not there is then not left in pieces."""
    existed = file.exists()
    try:
        file.write_bytes(content)
    except OSError as error:
        if not existed:
            file.unlink(missing_ok=True)
        raise RunError(f"{file} cannot be written ({error.strerror}): choose another place.") from None

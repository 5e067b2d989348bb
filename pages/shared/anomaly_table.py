"""Every score on every class, from an experiment on anomalies: table, what to read from it, how it was made."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from aecore.experiments.anomalies import AnomaliesSettings, mean_of
from aecore.experiments.folder import Task
from pages.shared.experiments import Form, Results
from pages.shared.live import duration
from pages.shared.matrix import Numbers, show_numbers

FORM = Form(
    first=("classes", "epochs", "code_size"),
    fits=lambda info: len(info.class_names) > 1,
    data_help="Those with two or more classes.",
)
TOGETHER = "together"


def show_comparison(task: Task, results: Results) -> None:
    """The table, what it says, and how it was made."""
    from aecore.analysis.anomalies.scores import SCORES

    if not results:
        st.caption("The first numbers appear when the autoencoder of the first class is trained.")
        return
    names = list(dict.fromkeys(str(each["normal"]) for each in results))
    by_score = {key: [each for each in results if each.get("score") == key] for key in SCORES}
    by_score = {key: lines for key, lines in by_score.items() if lines}
    order = sorted(by_score, key=lambda key: (not SCORES[key].of_model, -mean_of(by_score[key], "held_out_auroc")))
    rows = [
        Numbers(
            SCORES[key].title,
            "model" if SCORES[key].of_model else "baseline",
            [
                f"{mean_of(by_score[key], 'held_out_auroc'):.2f}",
                f"{mean_of(by_score[key], 'auroc'):.2f}",
                *(_of_class(by_score[key], name) for name in names),
            ],
        )
        for key in order
    ]
    heads = ["Held out, mean", "Test, mean", *names]
    show_numbers(rows, heads, "AUROC × 100 of every score, by the class that is normal")
    images = max(int(each["test_images"]) for each in results)
    st.caption(
        f"AUROC × 100; 50 is chance. One class at a time is normal: the column says which. Test: {images:,} images of "
        "all classes. Held out: training images that nothing was fitted to, of all classes; they choose the method."
    )
    st.header("How to read it")
    st.write(_reading(by_score, len(names)))
    st.caption(_about(task, results))


def _of_class(lines: list[Mapping[str, Any]], name: str) -> str:
    found = [float(each["auroc"]) for each in lines if each["normal"] == name]
    return f"{found[0]:.1f}" if found else "–"


def _reading(by_score: Mapping[str, list[Mapping[str, Any]]], classes: int) -> str:
    """The method that held-out images choose, and whether an autoencoder is worth its training here."""
    from aecore.analysis.anomalies.scores import SCORES

    held_out = {key: mean_of(lines, "held_out_auroc") for key, lines in by_score.items()}
    test = {key: mean_of(lines, "auroc") for key, lines in by_score.items()}
    best = max(held_out, key=held_out.__getitem__)
    said = [
        f"Held-out images choose {SCORES[best].in_words}: AUROC × 100 {test[best]:.2f} on test images, mean over "
        f"{classes} {'class' if classes == 1 else 'classes'}."
    ]
    models = [key for key in by_score if SCORES[key].of_model and key != TOGETHER]
    plain = [key for key in ("pca_residual", "pixel_neighbours") if key in by_score]
    edges = [key for key in by_score if not SCORES[key].of_model and key not in plain]
    if models and plain:
        model, other = (max(keys, key=held_out.__getitem__) for keys in (models, plain))
        verb = "beats" if test[model] > test[other] else "does not beat"
        said.append(
            f"The autoencoder's own best score, {SCORES[model].in_words} ({test[model]:.2f}), {verb} "
            f"{SCORES[other].in_words} ({test[other]:.2f}), the better of the two usual baselines."
        )
        if edges:
            edge = max(edges, key=held_out.__getitem__)
            verb = "beats" if test[model] > test[edge] else "does not beat"
            said.append(
                f"It {verb} {SCORES[edge].in_words} ({test[edge]:.2f}), which looks at edges and needs no training."
            )
    return " ".join(said)


def _about(task: Task, results: Results) -> str:
    settings = task.settings
    assert isinstance(settings, AnomaliesSettings)
    seconds = [float(each["training_seconds"]) for each in results if each.get("training_seconds") is not None]
    each = f", about {duration(sum(seconds) / len(seconds))} each" if seconds else ""
    noise = f"noise of {settings.noise:g} of the pixel range" if settings.noise else "clean images"
    return (
        f"For each class a dense denoising autoencoder ({', '.join(map(str, settings.hidden))} units, code of "
        f"{settings.code_size} numbers, {noise}) was trained for {settings.epochs} epochs on the training images of "
        f"that class alone{each}. All together: the logarithms of gradient neighbours (weight 0.7), gradient error and "
        "both distances of the code (0.1 each), in standard deviations over held-out images of the normal class; the "
        "weights were chosen on held-out training images of two classes of MNIST and two of Fashion-MNIST."
    )

"""How much are labels worth, and what does pretraining without them save?

Reads the experiments on few labels: one's own and the one that ships. Starts, stops, resumes and deletes them as
`pages.shared.experiments` says.
"""

from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.data.catalog import datasets
from aecore.experiments.few_labels import FEW_LABELS, FewLabelsSettings, encoder_of
from aecore.experiments.folder import Task
from pages.shared.experiments import Form, Results, show_experiments
from pages.shared.few_labels import show_curve, show_errors
from pages.shared.frame import page
from pages.shared.live import duration

if TYPE_CHECKING:
    from aecore.analysis.demonstrations.few_labels import FewLabelsCurve

FORM = Form(
    first=("labels", "draws", "code_size", "epochs"),
    fits=lambda info: len(info.class_names) > 1,
    data_help="Those with two or more classes.",
)


def show(task: Task, results: Results) -> None:
    """The chart, the table, how to read them, and how they were made."""
    curve = _chart(task, results)
    if curve is not None:
        _read(curve)
        _about(task, results)


def _chart(task: Task, results: Results) -> "FewLabelsCurve | None":
    if not any("error_percent" in each for each in results):
        st.caption("The first point appears when the encoder is trained.")
        return None
    images = {each.key: each.test for each in datasets()}.get(task.dataset, 0)
    curve = show_curve(results, images, f"{FEW_LABELS.key}.curve")
    st.caption(
        f"Images of the test split put into a wrong class, in percent of {images:,}; mean and standard deviation over "
        "draws of the labelled images. Both axes are logarithmic. Below the same in numbers: a column for each number "
        "of labelled images."
    )
    show_errors(curve)
    return curve


def _read(curve: "FewLabelsCurve") -> None:
    """What a person should take from it, in the numbers of this experiment."""
    few = curve.labels[0]
    best = curve.best(few)
    lines = {line.method: line for line in curve.lines}
    st.header("How to read it")
    said = []
    if best is not None:
        error = float(best.mean[best.labels == few][0])
        name = best.title[0].lower() + best.title[1:]
        said.append(f"With {few:,} labels {name} is best: {error:.1f}\N{NO-BREAK SPACE}% wrong.")
    gaps = {labels: gap for labels in curve.labels if (gap := _gap(lines, labels)) is not None}
    if len(gaps) > 1:
        few, many = min(gaps), max(gaps)
        gained = gaps[few], gaps[many]
        said.append(
            f"Pretraining takes {gained[0]:.1f} percentage points off the error of the same network with {few:,} "
            f"labels and {gained[1]:.1f} with {many:,}: what it saves shrinks as labels become plenty."
            if gained[0] > gained[1]
            else f"The same network gains {gained[0]:.1f} percentage points from pretraining with {few:,} labels and "
            f"{gained[1]:.1f} with {many:,}."
        )
    said.append(
        "Grey lines know no encoder: a method that does not fall below them has learned nothing worth its training. "
        "Bars show how much depends on which images happen to be labelled."
    )
    st.write(" ".join(said))


def _gap(lines: "dict[str, Any]", labels: int) -> float | None:
    """How much lower the error is fine-tuned than from scratch, in percentage points."""
    both = [lines.get(each) for each in ("scratch", "tuned")]
    found = [float(each.mean[each.labels == labels][0]) for each in both if each is not None and labels in each.labels]
    return found[0] - found[1] if len(found) == 2 else None


def _about(task: Task, results: Results) -> None:
    encoder = encoder_of(results)
    settings = task.settings
    assert isinstance(settings, FewLabelsSettings)
    seconds = encoder.get("seconds")
    trained = f" in {duration(float(seconds))}" if isinstance(seconds, (int, float)) else ""
    st.caption(
        f"One encoder ({settings.network}, code of {settings.code_size} numbers) was trained for {settings.epochs} "
        f"epochs on all training images without labels{trained}; every draw of labelled images shares it, since labels "
        "have no part in it. Both networks see the labelled images slightly shifted and turned. Label propagation also "
        "uses the codes of the unlabelled training images."
    )


with page("Few labels", "How much are labels worth, and what does pretraining without them save?"):
    show_experiments(FEW_LABELS, FORM, show)

"""Choosing a run: one picker for every page. It owns the empty state and says why a run cannot be chosen."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.runs.summary import RunSummary
from aecore.variants.catalog import VARIANTS
from pages.shared.keys import chosen_run, chosen_runs, remember_run, remember_runs
from pages.shared.words import distinct

Reason = Callable[[RunSummary], str]
Usual = Callable[[Sequence[RunSummary]], RunSummary]  # which of several, the newest first, is seen at first


def has_weights(summary: RunSummary) -> str:
    """The reason why a run has nothing to show yet; "" when it has."""
    if summary.damaged:
        return summary.message
    if summary.weights:
        return ""
    return "it has kept no weights yet" if summary.epochs_done else "it has not finished its first epoch"


def has_encoder(summary: RunSummary) -> str:
    """The reason why a run cannot take images in; "" when it can."""
    if summary.restores:
        return has_weights(summary) or "it restores pictures of any size and has no code: see Enlarge and Denoise"
    return has_weights(summary) or ("" if summary.encodes else "it has no encoder and can only draw images")


def knows_some_classes(summary: RunSummary) -> str:
    """The reason why nothing in a run's data set is strange to it; "" when it was trained on some classes only."""
    return has_encoder(summary) or (
        "" if summary.classes else "it was trained on all classes: nothing is strange to it"
    )


def has_places(summary: RunSummary) -> str:
    """The reason why nobody can walk about in the codes of a run; "" when one can, with an encoder or without."""
    if summary.encodes or not summary.generates:
        return has_encoder(summary)
    return has_weights(summary) or (
        f"its images come into being in {summary.steps} steps, too many to follow a pointer: see Generate"
        if summary.steps
        else ""
    )


def enlarges(summary: RunSummary) -> str:
    """The reason why a run cannot enlarge pictures; "" when it can."""
    fits = summary.restores and summary.corruption == "shrink"
    return has_weights(summary) or ("" if fits else "it was not trained to enlarge pictures of any size")


def takes_noise_out(summary: RunSummary) -> str:
    """The reason why a run cannot take noise out of pictures of any size; "" when it can."""
    fits = summary.restores and summary.corruption != "shrink"
    return has_weights(summary) or ("" if fits else "it was not trained to take noise out of pictures of any size")


def has_quantised_code(summary: RunSummary) -> str:
    """The reason why a run cannot write pictures to files; "" when it can."""
    return has_weights(summary) or ("" if summary.bottleneck == "quantised" else "its codes are not quantised")


def draws_images(summary: RunSummary) -> str:
    """The reason why a run cannot draw new images; "" when it can."""
    return has_weights(summary) or (
        "" if summary.generates else "its codes follow no distribution that new ones could be drawn from"
    )


def newest(fitting: Sequence[RunSummary]) -> RunSummary:
    """What was made last."""
    return fitting[0]


def newest_or(telling: Callable[[RunSummary], bool]) -> Usual:
    """What a person trained last; as long as there is nothing, a run that ships and tells most on a page."""

    def usual(fitting: Sequence[RunSummary]) -> RunSummary:
        if not fitting[0].starter:
            return fitting[0]
        return min(filter(telling, fitting), key=on_other_data, default=fitting[0])

    return usual


def on_other_data(summary: RunSummary) -> bool:
    """Whether a run was trained on other data than its variant is taught with."""
    known = VARIANTS.get(summary.variant)
    return known is None or summary.dataset != known.data


def run_label(summary: RunSummary) -> str:
    """One line that tells runs apart."""
    done = f"{summary.epochs_done} epoch{'' if summary.epochs_done == 1 else 's'}"
    state = "" if summary.state == "finished" else f", {summary.state}"
    kind = "starter run" if summary.starter else done + state
    code = f", code of {summary.latent}" if summary.latent else ""
    return f"{summary.name} · {summary.dataset}{code} · {kind}"


def run_labels(summaries: Sequence[RunSummary]) -> dict[str, str]:
    """One line for each id, no two the same."""
    return distinct({each.id: run_label(each) for each in summaries})


def pick_run(page: str, why_not: Reason = has_weights, label: str = "Run", usual: Usual = newest) -> Run | None:
    """The chosen run; None after saying what to do when there is none to choose.

    `why_not` gives the reason why a run does not fit this page; those runs are named below the picker. Where none was
    chosen on any page, it is `usual` of those that fit.
    """
    runs = Runs()
    picked = _pick_one(page, runs.list(), why_not, label, usual)
    if picked is None:
        return None
    remember_run(picked.id)
    return runs.get(picked.id)


def pick_pair(
    page: str, why_not: Reason, why_not_beside: Reason, usual: Usual = newest
) -> tuple[Run | None, Run | None]:
    """The chosen run (at first `usual`), and another one on the same images to set beside it, if a person wants one.

    Both must then have no reason of the second kind.
    """
    runs = Runs()
    listed = runs.list()
    first, second = st.columns(2, gap="medium")
    with first:
        picked = _pick_one(page, listed, why_not, "Run", usual)
    if picked is None:
        return None, None
    with second:
        beside = _pick_beside(page, listed, picked, why_not_beside)
    remember_runs([each.id for each in (picked, beside) if each])
    return runs.get(picked.id), runs.get(beside.id) if beside else None


def _pick_one(page: str, listed: Sequence[RunSummary], why_not: Reason, label: str, usual: Usual) -> RunSummary | None:
    fitting = {each.id: each for each in listed if not why_not(each)}
    if not fitting:
        _empty_state(len(listed))
        return None
    wanted = chosen_run()
    key = f"{page}.run"
    if st.session_state.get(key) not in fitting:
        st.session_state[key] = wanted if wanted in fitting else usual(list(fitting.values())).id
    labels = run_labels(list(fitting.values()))
    picked = str(st.selectbox(label, list(fitting), format_func=labels.__getitem__, key=key))
    _left_out([(each, why_not(each)) for each in listed if each.id not in fitting], [wanted])
    return fitting[picked]


def _pick_beside(page: str, listed: Sequence[RunSummary], run: RunSummary, why_not: Reason) -> RunSummary | None:
    def reason(other: RunSummary) -> str:
        return why_not(other) or _other_images(other, run)

    if own := why_not(run):
        st.caption(f"No run can be set beside it: {own}.")
        return None
    others = [each for each in listed if each.id != run.id]
    fitting = {each.id: each for each in others if not reason(each)}
    wanted, key = chosen_runs()[1:], f"{page}.beside"
    if key not in st.session_state:
        st.session_state[key] = next((each for each in wanted if each in fitting), None)
    elif st.session_state[key] not in fitting:
        st.session_state[key] = None
    picked = None
    labels = run_labels(list(fitting.values()))
    if fitting:
        picked = st.selectbox(
            "Compare with",
            list(fitting),
            index=None,
            format_func=labels.__getitem__,
            placeholder="No other run",
            key=key,
        )
    else:
        st.caption("There is no other run on the same images to compare with.")
    _left_out([(each, reason(each)) for each in others if each.id not in fitting], wanted)
    return fitting[picked] if picked else None


def _other_images(other: RunSummary, run: RunSummary) -> str:
    if other.dataset != run.dataset:
        return f"it was trained on {other.dataset}, not on {run.dataset}"
    same = (other.classes, other.limit) == (run.classes, run.limit)
    return "" if same else f"it was trained on other images of {run.dataset}"


def pick_runs(
    page: str, why_not: Reason = has_weights, most: int = 4, label: str = "Runs", usual: Usual = newest
) -> Mapping[str, Run]:
    """The chosen runs, at most so many, by names that tell them apart; none after saying what to do.

    Where none was chosen on any page, it is `usual` of those that fit.
    """
    runs = Runs()
    listed = runs.list()
    fitting = {each.id: each for each in listed if not why_not(each)}
    if not fitting:
        _empty_state(len(listed))
        return {}
    wanted, key = chosen_runs(), f"{page}.runs"
    if key not in st.session_state:
        known = [each for each in wanted if each in fitting][:most]
        st.session_state[key] = known or [usual(list(fitting.values())).id]
    st.session_state[key] = [each for each in st.session_state[key] if each in fitting]
    labels = run_labels(list(fitting.values()))
    picked = st.multiselect(label, list(fitting), format_func=labels.__getitem__, max_selections=most, key=key)
    _left_out([(each, why_not(each)) for each in listed if each.id not in fitting], wanted)
    remember_runs(picked)
    if not picked:
        st.info("Choose a run.", icon=":material/info:")
    names = [fitting[each].name for each in picked]
    return {
        name if names.count(name) == 1 else f"{name} ({each.rpartition('-')[2]})": runs.get(each)
        for each, name in zip(picked, names, strict=True)
    }


def _left_out(others: list[tuple[RunSummary, str]], wanted: Sequence[str]) -> None:
    for summary, reason in others:
        if summary.id in wanted:
            st.info(f"{summary.name} cannot be shown here: {reason}.", icon=":material/info:")
    if others:
        with st.popover(f"{len(others)} not listed", type="tertiary"):
            for summary, reason in others[:20]:
                st.caption(f"{summary.name}: {reason}.")


def _empty_state(listed: int) -> None:
    st.info(
        "No run has finished an epoch yet. Train a model first; a small one takes about a minute."
        if not listed
        else "None of the runs fits this page yet. Train a model first, or wait for the first epochs of one.",
        icon=":material/info:",
    )
    st.page_link("train.py", label="Train a model", icon=":material/play_arrow:")

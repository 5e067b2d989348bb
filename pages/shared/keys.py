"""What pages tell each other through the session and the address.

?run=ID        in the address: the run a page shows, so that a link leads back to it
               a page that shows several names each of them: ?run=ID&run=ID
"lab.run"      in the session: the run that was last chosen on any page
"""

from collections.abc import Sequence

import streamlit as st

RUN = "run"
LAST_RUN = "lab.run"


def chosen_run() -> str:
    """The id of the first run that the address or, without one, the session names; "" when neither does."""
    return next(iter(chosen_runs()), "")


def remember_run(run_id: str) -> None:
    """Put the run into address and session, so that other pages and a reload find it."""
    st.session_state[LAST_RUN] = run_id
    if st.query_params.get_all(RUN) != [run_id]:
        st.query_params[RUN] = run_id


def chosen_runs() -> list[str]:
    """The ids of all runs that the address names, or without any the one that was last chosen."""
    named = st.query_params.get_all(RUN)
    return [each for each in named or [st.session_state.get(LAST_RUN, "")] if each]


def remember_runs(ids: Sequence[str]) -> None:
    """Put several runs into the address; the first of them is the one that other pages find."""
    if ids:
        st.session_state[LAST_RUN] = ids[0]
    if st.query_params.get_all(RUN) != list(ids):
        st.query_params[RUN] = list(ids)

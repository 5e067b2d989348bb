"""What pages tell each other through the session and the address.

?run=ID        in the address: the run a page shows, so that a link leads back to it
"lab.run"      in the session: the run that was last chosen on any page
"""

import streamlit as st

RUN = "run"
LAST_RUN = "lab.run"


def chosen_run() -> str:
    """The id of the run that the address or, without one, the session names; "" when neither does."""
    return str(st.query_params.get(RUN) or st.session_state.get(LAST_RUN) or "")


def remember_run(run_id: str) -> None:
    """Put the run into address and session, so that other pages and a reload find it."""
    st.session_state[LAST_RUN] = run_id
    if st.query_params.get(RUN) != run_id:
        st.query_params[RUN] = run_id

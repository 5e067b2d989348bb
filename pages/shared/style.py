"""What Streamlit's own parts need beyond its theme, so that everyone can read and hit them.

Streamlit writes the chosen and the value of a slider in the accent, which in dark carries white words and so cannot be
bright enough for words itself (white on the accent and the accent on the background cannot both have 4.5:1, as WCAG 2.2
asks): they take the colour of links. It colours code with fixed colours that are too pale on white, lets the field in
which one looks for a choice shrink to less than the 24 pixels that a finger needs, and shows the keyboard's place among
links to pages by a tint alone and cuts off their words. While a page computes it offers a button "Stop" that ends the
page's script and not the run that trains, which has a button of that name: Streamlit's is left out.
"""

import streamlit as st

from pages.shared.theme import CSS_VARIABLES

CHOSEN = ", ".join(
    (
        'button[data-selected="true"] [data-testid="stMarkdownContainer"]',
        '[data-testid="stTab"][aria-selected="true"] [data-testid="stMarkdownContainer"]',
        '[data-testid="stSliderThumbValue"] [data-testid="stMarkdownContainer"]',
    )
)
STYLE = (
    f"<style>:root {{ {CSS_VARIABLES}}} :is({CHOSEN}) {{ color: var(--lab-link); }}"
    + """
[data-testid="stMultiSelect"] input { min-width: 24px; }
[data-testid="stPageLink-NavLink"] p { white-space: normal; }
[data-testid="stPageLink-NavLink"]:focus-visible { outline: 2px solid var(--lab-link); outline-offset: -2px; }
[data-testid="stHeading"] h2 { padding: 0.5rem 0 1rem; }
[data-testid="stHeading"] h3 { padding: 0 0 1rem; }
[data-testid="stStatusWidget"] button { display: none; }
.stCode pre .token.token { color: inherit; }
.stCode pre .token:is(.comment, .punctuation, .operator) { color: var(--lab-muted); }
.stCode pre .token:is(.keyword, .function, .class-name, .variable) { color: var(--lab-link); }
.stCode pre .token:is(.string, .number, .boolean) { color: var(--lab-literal); }
</style>"""
)


def show_style() -> None:
    """Once on every page, before anything else of it."""
    st.html(STYLE)

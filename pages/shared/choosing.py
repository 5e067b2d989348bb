"""Pictures of which one is chosen: in the browser each is a button, for pointer and keyboard alike."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.shared.pictures import STYLE, Picture, figure, rows_of

_STYLE = """<style>
.lab-row button { all: unset; display: block; width: 100%; cursor: pointer; }
.lab-row button:hover img, .lab-row button:focus-visible img { outline: 3px solid var(--lab-accent); }
.lab-row button:focus-visible { outline: 2px solid var(--lab-accent); outline-offset: 4px; }
</style>"""


def choose_picture(
    pictures: Sequence[Picture], key: str, on_choose: Callable[[int], None], side: int = 96, columns: int = 0
) -> None:
    """Pictures as `show_pictures` shows them; `on_choose` is called with the index of the one that is pressed.

    Whoever calls says which is chosen now (`Picture.chosen`): the choice is kept there and not here.
    """
    figures = "".join(figure(each, press=index) for index, each in enumerate(pictures))
    shown = STYLE + _STYLE + rows_of(figures, side, columns)
    _PICTURES(
        key=key,
        data={"html": shown},
        on_pressed_change=lambda: on_choose(int(st.session_state[key]["pressed"])),
    )


# The place inside survives an update, and so does the keyboard's place among the buttons.
_PICTURES = st.components.v2.component(
    "choosable_pictures",
    js="""
    export default function ({ data, parentElement, setTriggerValue }) {
      let place = parentElement.querySelector('[data-lab="pictures"]');
      if (!place) {
        place = document.createElement('div');
        place.dataset.lab = 'pictures';
        parentElement.append(place);
      }
      const pressed = place.querySelector('button:focus')?.dataset.press;
      place.innerHTML = data.html;
      if (pressed !== undefined) place.querySelector(`button[data-press="${pressed}"]`)?.focus();
      place.onclick = (event) => {
        const button = event.target.closest('button[data-press]');
        if (button) setTriggerValue('pressed', Number(button.dataset.press));
      };
    }
    """,
    isolate_styles=False,
)

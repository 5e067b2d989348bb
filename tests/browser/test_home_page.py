"""Home in a real browser: one screen whose pictures come first, in both colour schemes and on a phone."""

import base64

import pytest

from aecore.browser.colours import DARK, LIGHT
from aecore.variants.catalog import VARIANTS


@pytest.fixture
def home(open_tab, lab):
    def open_home(**options):
        tab = open_tab(**options)
        tab.goto(lab)
        tab.get_by_role("heading", name="Latent Lab").wait_for()
        tab.get_by_alt_text("Reconstruction", exact=True).wait_for()
        return tab

    return open_home


def top(locator) -> float:
    return locator.bounding_box()["y"]


def test_what_it_is_and_where_the_variants_begin_fit_on_one_screen_and_all_of_them_follow(home):
    tab = home(width=1440, height=900)

    tops = [top(tab.get_by_text(variant.title, exact=True).first) for variant in VARIANTS.values()]
    assert tops[0] < 600
    assert tops == sorted(tops)
    assert tab.get_by_text("Train it", exact=True).count() == len(VARIANTS)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1440


def test_pictures_come_before_words_on_a_phone(home):
    tab = home(width=390, height=844, touch=True)

    picture, words = tab.get_by_alt_text("Original", exact=True), tab.get_by_text("squeezes a picture")
    assert top(picture) < top(words)
    assert top(tab.get_by_role("button", name="Drag through a latent space")) < 844
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(("dark", "colours"), [(False, LIGHT), (True, DARK)])
def test_the_map_has_the_colours_of_the_page(home, dark, colours):
    tab = home(dark=dark)

    drawn = tab.locator("img[alt^='Codes of']").first
    source = base64.b64decode(drawn.get_attribute("src").partition(",")[2]).decode()
    assert f'fill="{colours.background}"' in source
    assert drawn.evaluate("image => image.naturalWidth") > 0


def test_a_trained_run_opens_from_its_card(home):
    tab = home()
    tab.get_by_role("link", name="Digits on a plane").click()

    tab.get_by_role("heading", name="Latent space").wait_for()
    tab.locator("[data-lab][data-state=ready]").wait_for()
    assert "run=vae-2-mnist" in tab.url

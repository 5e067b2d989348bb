"""Every page can be read and used without good eyes and without a mouse, as far as axe-core can tell."""

import re

from playwright.sync_api import expect

from tests.browser.axe import OF_LOOKS, settle, violations
from tests.browser.servers import PROJECT

LINES = "Show as Python / shell"
PATHS = ["", *re.findall(r'HERE / "(\w+)\.py", title="[^"]+"\)', (PROJECT / "pages" / "navigation.py").read_text())]


def pages(tab):
    """Every page of the navigation in turn, ready, with the lines of code that it offers in sight; gives its title."""
    links = tab.get_by_test_id("stTopNavLink")
    written = (PROJECT / "pages" / "navigation.py").read_text().count("st.Page(")
    expect(links).to_have_count(written)
    heading, before = tab.get_by_role("heading", level=1), None
    for title in links.all_inner_texts():
        links.filter(has_text=title).click()
        if before:
            expect(heading).not_to_have_text(before)
        before = heading.inner_text()
        settle(tab)
        if tab.get_by_text(LINES).count():
            tab.get_by_text(LINES).first.click()
            settle(tab)
        yield title


def test_no_page_breaks_a_rule_of_accessibility(tab, lab):
    tab.goto(lab)
    broken = {title: found for title in pages(tab) if (found := violations(tab))}
    assert broken == {}


def test_no_page_breaks_one_in_dark_colours_on_a_phone(open_tab, lab):
    """What is written is the same; how it looks and where it stands is not."""
    tab = open_tab(width=390, height=844, dark=True)
    broken = {}
    for path in PATHS:
        tab.goto(f"{lab}/{path}")
        settle(tab)
        broken |= {path: found} if (found := violations(tab, OF_LOOKS)) else {}
    assert broken == {}

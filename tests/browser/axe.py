"""What axe-core, run inside the page, finds wrong with it for those who see little or use no mouse."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

# WCAG 2.0 to 2.2, levels A and AA, and what axe's makers hold for good practice beyond it.
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# All that differs between light and dark, and between a desktop and a phone.
OF_LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]

# What Streamlit itself writes and no setting or style sheet can change: rule, what marks its element, why it may stay.
STREAMLITS_OWN = (
    (
        "presentation-role-conflict",
        'data-testid="stFileUploaderDropzone"',
        "the area onto which files are dropped has a label and no role; the button inside has both, and the keyboard",
    ),
)

UNREADY = '[data-testid="stSkeleton"], [data-testid="stSpinner"], [data-stale="true"], [data-lab][data-state="opening"]'
FADED = """() => document.getAnimations().every(each =>
    !(each instanceof CSSTransition) || each.playState !== "running" || !each.effect.target.checkVisibility())"""

_axe = Axe()


def settle(tab) -> None:
    """Wait until a page of the lab has run to its end and the browser shows all of it, in its last colours."""
    if tab.get_by_test_id("stApp").count():
        expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        expect(tab.locator(UNREADY)).to_have_count(0)
    tab.wait_for_function(FADED)


def violations(tab, rules=None) -> list[str]:
    """A line for each element that breaks a rule, of all standards or of `rules` only, once the page has settled."""
    settle(tab)
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": STANDARDS}
    found = _axe.run(tab, options={"resultTypes": ["violations"], "runOnly": only}).response["violations"]
    return [
        f"{each['id']}: {node['html'][:160]} {_why(node)}"
        for each in found
        for node in each["nodes"]
        if not any(each["id"] == rule and mark in node["html"] for rule, mark, _ in STREAMLITS_OWN)
    ]


def _why(node) -> str:
    return " ".join(node["failureSummary"].split())

"""Opening the lab: every page has its heading, asks no other host and fits a phone."""

import pytest
from playwright.sync_api import expect

PAGES = {
    "": "Latent Lab",
    "data": "Data",
    "train": "Train",
    "runs": "Runs",
    "reconstruct": "Reconstruct",
    "latent_space": "Latent space",
    "generate": "Generate",
}


def settle(tab) -> None:
    """Wait until the script of the page has run to its end."""
    expect(tab.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


@pytest.mark.parametrize("address", PAGES)
def test_a_page_opens_by_its_address_and_fits_a_phone(open_tab, lab, address):
    tab = open_tab(width=390, height=844)
    tab.goto(f"{lab}/{address}")
    expect(tab.get_by_role("heading", level=1)).to_have_text(PAGES[address])
    settle(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    expect(tab.get_by_test_id("stException")).to_have_count(0)

"""Wait for what a page shows: a canvas draws once per frame, so what follows a click is not there at once."""

PATIENCE_MS = 60_000

# Playwright's own waiting evaluates text, which exported files forbid.
LOOK = f"""async (element, x) => {{
    const {{ latentLab }} = element;
    const began = performance.now();
    while (!(CONDITION)) {{
        if (performance.now() - began > {PATIENCE_MS}) throw new Error('waited in vain');
        await new Promise(requestAnimationFrame);
    }}
}}"""


def wait_until(element, condition: str, value=None) -> None:
    """Wait until a condition, in JavaScript, on the element's `latentLab` and `x`, the value, holds."""
    element.evaluate(LOOK.replace("CONDITION", condition), value)

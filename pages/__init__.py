"""The pages: one question each. They read choices, call aecore once, and show."""

"""A package on a machine where nobody has installed fastapi."""

import sys

sys.modules["fastapi"] = None


def mount(app):
    """Never called."""

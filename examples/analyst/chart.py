"""How each column's values are spread, as an SVG picture."""

from html import escape

_WIDTH, _HEIGHT, _TITLE, _GAP = 480, 120, 28, 24
_BINS = 12
_MAX_COLUMNS = 8


def draw_chart(columns):
    """One histogram below the other, for the first columns; bytes of an SVG file."""
    shown = list(columns.items())[:_MAX_COLUMNS]
    step = _TITLE + _HEIGHT + _GAP
    panels = "".join(_draw_panel(name, values, top=index * step) for index, (name, values) in enumerate(shown))
    size = f'width="{_WIDTH}" height="{step * len(shown)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">{panels}</svg>\n'.encode()


def _draw_panel(name, values, top):
    base = top + _TITLE + _HEIGHT
    counts = _count_bins(values)
    width = _WIDTH / len(counts)
    bars = "".join(_draw_bar(index * width, base, width, _HEIGHT * count / max(counts)) for index, count in enumerate(counts))
    return (
        f'<text x="0" y="{top + 20}" font-size="15">{escape(name)}</text>{bars}'
        f'<text x="0" y="{base + 14}" font-size="11">{min(values):g}</text>'
        f'<text x="{_WIDTH}" y="{base + 14}" font-size="11" text-anchor="end">{max(values):g}</text>'
    )


def _draw_bar(left, base, width, height):
    return f'<rect x="{left + 1:.1f}" y="{base - height:.1f}" width="{width - 2:.1f}" height="{height:.1f}" fill="#3b7dd8"/>'


def _count_bins(values):
    low, high = min(values), max(values)
    if low == high:
        return [len(values)]
    counts = [0] * _BINS
    for value in values:
        counts[min(int((value - low) / (high - low) * _BINS), _BINS - 1)] += 1
    return counts

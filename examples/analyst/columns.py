"""Figures of one column."""

import statistics


def describe(values):
    """``stdev`` is that of a sample (n - 1), and None for a single value."""
    return {
        "count": len(values),
        "mean": statistics.fmean(values),
        "median": statistics.median(values),
        "stdev": statistics.stdev(values) if len(values) > 1 else None,
        "min": min(values),
        "max": max(values),
    }

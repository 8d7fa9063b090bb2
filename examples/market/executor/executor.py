"""Does the work of an award: figures of the numbers that the request names."""

import re


def execute(input, context):
    """Answers ``{words, count, sum, mean, min, max}``; the last four only where there are numbers."""
    text = input.get("text") or ""
    numbers = input.get("numbers") or [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text)]
    context.status({"progress": 0.5})
    figures = {"words": len(text.split()), "count": len(numbers)}
    if numbers:
        figures.update(sum=sum(numbers), mean=sum(numbers) / len(numbers), min=min(numbers), max=max(numbers))
    return figures

"""Statistics of a CSV table."""

from chart import draw_chart
from columns import describe
from table import TableError, read_table


def analyse(input, context):
    """Answers ``{rows, columns: {name: {count, mean, median, stdev, min, max}}}`` and sends the chart as an artifact."""
    try:
        table = read_table(_find_csv(input))
        numbers = table.numbers()
    except TableError as error:
        return {"status": "error", "message": str(error)}
    context.log.info("%d rows, %d columns of numbers", len(table.rows), len(numbers))
    context.artifact("chart", bytes=draw_chart(numbers), filename="chart.svg", media_type="image/svg+xml")
    return {"rows": len(table.rows), "columns": {name: describe(values) for name, values in numbers.items()}}


def _find_csv(input):
    files = input.get("files") or []
    if len(files) > 1:
        raise TableError(f"Send one CSV file, not {len(files)}.")
    if files:
        return _decode(files[0])
    if input.get("text"):
        return input["text"]
    raise TableError("There is no table: send a CSV file, or the table as text.")


def _decode(file):
    if "bytes" not in file:
        raise TableError("Send the CSV file itself, not its address.")
    try:
        return file["bytes"].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(f"{file.get('name') or 'The file'} is not text in UTF-8 (byte {error.start}).") from error

"""A CSV table, checked."""

import csv
import io

_DELIMITERS = ",;\t|"
# Their squares still fit a float.
_GREATEST = 1e150


class TableError(Exception):
    """The table can't be used; the message says where and why."""


class Table:
    """Column names and rows of text, all of the same width."""

    def __init__(self, names, rows):
        self.names = names
        self.rows = rows

    def numbers(self):
        """The columns whose every filled cell is a number, by name, without their empty cells."""
        columns = {name: _to_numbers(row[index] for row in self.rows) for index, name in enumerate(self.names)}
        found = {name: values for name, values in columns.items() if values}
        if not found:
            raise TableError(f"No column has numbers only; there are {', '.join(self.names)}.")
        return found


def read_table(text):
    """Reads CSV with a header line, separated by comma, semicolon, tab or bar. Raises TableError."""
    try:
        lines = list(_read_lines(text))
    except csv.Error as error:
        raise TableError(f"This is not CSV: {error}.") from error
    if len(lines) < 2:
        raise TableError("The table needs a line with the names of its columns and at least one row below it.")
    (_, header), *rest = lines
    names = _check_names([name.strip() for name in header])
    for number, row in rest:
        if len(row) != len(names):
            raise TableError(f"Line {number} has the wrong number of cells: {len(row)} instead of {len(names)}.")
    return Table(names, [row for _, row in rest])


def _read_lines(text):
    header = text.lstrip("\ufeff\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter, strict=True)
    return ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))


def _check_names(names):
    for index, name in enumerate(names):
        if not name:
            raise TableError(f"Column {index + 1} has no name in the first line.")
        if name in names[:index]:
            raise TableError(f"Two columns are named {name}.")
    return names


def _to_numbers(cells):
    """None when one of the cells is something else."""
    try:
        values = [float(cell) for cell in cells if cell.strip()]
    except ValueError:
        return None
    return values if all(abs(value) <= _GREATEST for value in values) else None

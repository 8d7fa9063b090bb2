/** Rows under a head, each column as wide as its widest cell; `paint` gets the padded cell and cannot move a column. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (cell: string, column: number, row: number) => string = (cell) => cell,
): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const pad = (cell: string, column: number): string => {
    return column === head.length - 1 ? cell : cell.padEnd(widths[column] ?? 0);
  };
  const lines = [head, ...rows].map((cells, row) => {
    return cells.map((cell, column) => paint(pad(cell, column), column, row - 1)).join('  ');
  });
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** Names and values below each other, values in one column. */
export function formatFields(fields: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}

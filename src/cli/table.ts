import { plainLines, plainText } from './plain-text.ts';

/**
 * Rows under a head, each column as wide as its widest cell; `paint` gets the padded cell and cannot move a column. Cells may be foreign
 * text: each is one line, without control characters.
 */
export function formatTable(
  head: readonly string[],
  foreign: readonly (readonly string[])[],
  paint: (cell: string, column: number, row: number) => string = (cell) => cell,
): string {
  const rows = foreign.map((cells) => cells.map(plainText));
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const pad = (cell: string, column: number): string => {
    return column === head.length - 1 ? cell : cell.padEnd(widths[column] ?? 0);
  };
  const lines = [head, ...rows].map((cells, row) => {
    return cells.map((cell, column) => paint(pad(cell, column), column, row - 1)).join('  ');
  });
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** Names and values below each other, values in one column. Values may be foreign text of several lines. */
export function formatFields(fields: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${plainText(name).padEnd(width)}  ${plainLines(value)}`.trimEnd()).join('\n');
}

/** Three significant digits, thousands with a comma. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value >= 1_000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

/** `2.31×`. */
export function times(value: number): string {
  return `${value.toFixed(2)}×`;
}

/** `±7 %`. */
export function plusMinus(share: number): string {
  return `±${Math.round(share * 100)} %`;
}

/** A Markdown table. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [columns, columns.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

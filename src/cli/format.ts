import type { Terminal } from './terminal.ts';

/** `3.4 kB`: decimal units, two digits where they matter. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** `2026-11-21 04:00:00`, local time. */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(pad).join(':')}`;
}

/** Paints the head of a table, and the status in its second column. */
export function paintStatus(colors: Terminal['colors']): (cell: string, column: number, row: number) => string {
  return (cell, column, row) => {
    if (row < 0) return colors.dim(cell);
    if (column !== 1) return cell;
    if (/^(healthy|completed)/.test(cell)) return colors.green(cell);
    return /^(failed|rejected)/.test(cell) ? colors.red(cell) : colors.yellow(cell);
  };
}

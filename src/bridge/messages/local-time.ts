/** `2026-11-21T10:00:00.000000`: local time without a zone, as Python's `datetime.now().isoformat()` writes it. */
export function formatLocalTime(ms: number): string {
  const date = new Date(ms);
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join('-');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part)).join(':');
  return `${day}T${time}.${pad(date.getMilliseconds(), 3)}000`;
}

/** Ms since the epoch; a time without a zone is local. Undefined when it is no time. */
export function parseLocalTime(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, '0');
}

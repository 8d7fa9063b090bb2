import { ParleyError } from '../base/index.ts';

/** One server-sent event. `id` and `event` are one line each; `data` may have several. */
export interface SseEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
}

const lineBreak = /\r\n|\r|\n/g;

/** The event's text, with the empty line that ends it. */
export function formatSseEvent(event: SseEvent): string {
  const id = event.id === undefined ? '' : `id: ${requireLine(event.id)}\n`;
  const type = event.event === undefined ? '' : `event: ${requireLine(event.event)}\n`;
  return `${id}${type}data: ${prefixLines(event.data, 'data: ')}\n\n`;
}

/** A line that every reader skips: it keeps a silent connection open. */
export function formatSseComment(text: string): string {
  return `: ${prefixLines(text, ': ')}\n\n`;
}

function prefixLines(text: string, prefix: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replace(lineBreak, `\n${prefix}`) : text;
}

function requireLine(text: string): string {
  if (/[\r\n\0]/.test(text))
    throw new ParleyError('INTERNAL', 'The id or type of a server-sent event has a line break.');
  return text;
}

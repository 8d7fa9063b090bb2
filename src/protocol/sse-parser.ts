import { ParleyError } from '../base/index.ts';
import type { SseEvent } from './sse.ts';

const defaultMaxEventLength = 64 * 1024 * 1024;

export interface SseParser {
  /** Takes the next piece of the stream, cut anywhere; calls back for each event that it completes. */
  push(chunk: string | Uint8Array): void;
}

/**
 * Reads server-sent events as browsers do: any line break, comments skipped, an event without data not reported, the last `id`
 * kept for the events that follow it. An event over `maxEventLength` characters throws INVALID_AGENT_RESPONSE.
 */
export function createSseParser(
  onEvent: (event: SseEvent) => void,
  maxEventLength: number = defaultMaxEventLength,
): SseParser {
  const decoder = new TextDecoder();
  const lines = createLineSplitter(createEventBuilder(onEvent, maxEventLength), maxEventLength);
  return { push: (chunk) => lines(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })) };
}

function createEventBuilder(onEvent: (event: SseEvent) => void, maxEventLength: number): (line: string) => void {
  let id: string | undefined;
  let event: string | undefined;
  let data: string | undefined;
  const dispatch = (): void => {
    const complete = data;
    const type = event;
    data = undefined;
    event = undefined;
    if (complete === undefined) return;
    onEvent({ ...(id !== undefined && { id }), ...(type !== undefined && { event: type }), data: complete });
  };
  return (line) => {
    if (line === '') return dispatch();
    const [name, value] = splitField(line);
    if (name === 'data') data = checkLength(data === undefined ? value : `${data}\n${value}`, maxEventLength);
    else if (name === 'event') event = value === '' ? undefined : value;
    else if (name === 'id' && !value.includes('\0')) id = value;
  };
}

/** A comment has an empty name. */
function splitField(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  return [line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)];
}

/** Searches only what is new, so that a long line in many pieces costs no more than its length. */
function createLineSplitter(onLine: (line: string) => void, maxLength: number): (text: string) => void {
  let pending = '';
  let afterReturn = false;
  return (text) => {
    let start = afterReturn && text[0] === '\n' ? 1 : 0;
    if (text !== '') afterReturn = text.endsWith('\r');
    for (let end = findLineEnd(text, start); end >= 0; end = findLineEnd(text, start)) {
      const line = pending + text.slice(start, end);
      pending = '';
      start = text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1;
      onLine(line);
    }
    pending = checkLength(pending + text.slice(start), maxLength);
  };
}

function findLineEnd(text: string, start: number): number {
  const feed = text.indexOf('\n', start);
  const end = feed < 0 ? text.length : feed;
  const carriage = text.slice(start, end).indexOf('\r');
  return carriage < 0 ? feed : start + carriage;
}

function checkLength(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  throw new ParleyError('INVALID_AGENT_RESPONSE', `A server-sent event is longer than ${maxLength} characters.`);
}

import { ParleyError } from '../../base/index.ts';

/** One event of an event stream; `id` is the last one seen, as the standard has it. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

const defaultMaxEventBytes = 32 * 1024 * 1024;

/**
 * Events from the bytes of a `text/event-stream` (WHATWG HTML, "Server-sent events"); an event that is not closed by a blank
 * line is dropped. PAYLOAD_TOO_LARGE when one event is larger than `maxEventBytes` characters.
 */
export async function* readServerSentEvents(
  chunks: AsyncIterable<Uint8Array>,
  maxEventBytes: number = defaultMaxEventBytes,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  let data: string[] = [];
  let size = 0;
  let event = 'message';
  let id: string | undefined;
  for await (const line of readLines(chunks, maxEventBytes)) {
    if (line === '') {
      if (data.length > 0) yield { event, data: data.join('\n'), id };
      data = [];
      size = 0;
      event = 'message';
      continue;
    }
    const [field, value] = splitField(line);
    if (field === 'data') {
      data.push(value);
      size += value.length;
      if (size > maxEventBytes) throw tooLarge(maxEventBytes);
    } else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

async function* readLines(chunks: AsyncIterable<Uint8Array>, maxLength: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  let waiting = 0;
  let endedWithReturn = false;
  for await (const chunk of chunks) {
    let text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    if (endedWithReturn && text.startsWith('\n')) text = text.slice(1);
    endedWithReturn = text.endsWith('\r');
    const lines = text.split(/\r\n|\r|\n/);
    const last = lines.pop() ?? '';
    for (const line of lines) {
      yield rest.join('') + line;
      rest = [];
      waiting = 0;
    }
    rest.push(last);
    waiting += last.length;
    if (waiting > maxLength) throw tooLarge(maxLength);
  }
}

function splitField(line: string): [field: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}

function tooLarge(limit: number): ParleyError {
  return new ParleyError('PAYLOAD_TOO_LARGE', `An event of the stream is larger than ${limit} characters.`);
}

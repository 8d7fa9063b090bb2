import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { fromSqliteError } from '../../drivers/sqlite/index.ts';
import type { LogReply, LogRequest, LogWriterOptions, NumberedRequest } from './frames.ts';
import { LogWriter } from './log-writer.ts';

/** One transaction takes at most so much: the first of a group must not wait for ever for the last. */
const maxGroupRequests = 500;
const maxGroupBytes = 4 * 1024 * 1024;

function run(port: MessagePort, options: LogWriterOptions): void {
  const writer = openWriter(port, options);
  if (writer === undefined) return;
  port.on('message', (first: NumberedRequest) => {
    const requests = drain(port, first);
    const replies = writer.handle(requests);
    const isLast = requests.some(({ request }) => request.type === 'close');
    if (isLast) writer.close();
    port.postMessage(replies);
    if (isLast) port.close();
  });
  port.postMessage([{ id: 0 } satisfies LogReply]);
}

function openWriter(port: MessagePort, options: LogWriterOptions): LogWriter | undefined {
  try {
    return new LogWriter(options);
  } catch (thrown) {
    const { code, message } = fromSqliteError(thrown, options.file);
    port.postMessage([{ id: 0, failure: { code, message } } satisfies LogReply]);
    port.close();
    return undefined;
  }
}

/** Everything that has come in since, up to the caps; the rest comes as the next message. */
function drain(port: MessagePort, first: NumberedRequest): readonly NumberedRequest[] {
  const requests: NumberedRequest[] = [];
  let bytes = 0;
  let next: NumberedRequest | undefined = first;
  while (next !== undefined) {
    requests.push(next);
    const request: LogRequest = next.request;
    if (request.type === 'publish') bytes += request.bytes;
    const isFull: boolean = requests.length >= maxGroupRequests || bytes >= maxGroupBytes || request.type === 'close';
    next = isFull ? undefined : (receiveMessageOnPort(port)?.message as NumberedRequest | undefined);
  }
  return requests;
}

if (parentPort !== null) run(parentPort, workerData as LogWriterOptions);

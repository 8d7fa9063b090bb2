import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { fromSqliteError } from '../../drivers/sqlite/index.ts';
import type { WriterOptions, WriterReply, WriterRequest } from './frames.ts';
import { Writer } from './writer.ts';

/** One transaction takes at most so much: the first of a group must not wait for ever for the last. */
const maxGroupCommits = 1_000;
const maxGroupSize = 4 * 1024 * 1024;

function run(port: MessagePort, options: WriterOptions): void {
  const writer = openWriter(port, options);
  if (writer === undefined) return;
  port.on('message', (first: WriterRequest) => {
    const requests = drain(port, first);
    const replies = writer.handle(requests);
    const isLast = requests.some(({ type }) => type === 'close');
    if (isLast) writer.close();
    port.postMessage(replies);
    if (isLast) port.close();
    else if (first.type === 'maintain' && requests.length === 1) writer.checkpointWhenIdle();
  });
  port.postMessage([{ type: 'ready', ids: writer.ids } satisfies WriterReply]);
}

function openWriter(port: MessagePort, options: WriterOptions): Writer | undefined {
  try {
    return new Writer(options);
  } catch (thrown) {
    const { code, message } = fromSqliteError(thrown, options.file);
    port.postMessage([{ type: 'refused', failure: { code, message } } satisfies WriterReply]);
    port.close();
    return undefined;
  }
}

/** Everything that has come in since, up to the caps; the rest comes as the next message. */
function drain(port: MessagePort, first: WriterRequest): readonly WriterRequest[] {
  const requests: WriterRequest[] = [];
  let commits = 0;
  let size = 0;
  let next: WriterRequest | undefined = first;
  while (next !== undefined) {
    requests.push(next);
    if (next.type === 'commits') {
      commits += next.count;
      size += next.size;
    }
    const isFull: boolean = commits >= maxGroupCommits || size >= maxGroupSize || next.type === 'close';
    next = isFull ? undefined : (receiveMessageOnPort(port)?.message as WriterRequest | undefined);
  }
  return requests;
}

if (parentPort !== null) run(parentPort, workerData as WriterOptions);

import { setTimeout as wait } from 'node:timers/promises';

/** Longer than twice the suite's own patience with a stream. */
const resubscribeMs = 6_000;

const file = { name: 'output.txt', filename: 'output.txt', mediaType: 'text/plain' };

/** What to do for a message whose id begins so; the longest beginning that fits counts. */
const scenarios = {
  'tck-complete-task': () => 'Hello from TCK',
  'tck-artifact-text': (context) => add(context, { text: 'Generated text content' }),
  'tck-artifact-file': (context) => add(context, { ...file, bytes: Buffer.from('Generated file content') }),
  'tck-artifact-file-url': (context) => add(context, { ...file, url: 'https://example.com/output.txt' }),
  'tck-artifact-data': (context) => add(context, { data: { key: 'value', count: 42 } }),
  'tck-message-response': () => ({ kind: 'message', text: 'Direct message response' }),
  'tck-input-required': askUntilAnswered,
  'tck-reject-task': () => ({ kind: 'rejection', text: 'rejected' }),
  'tck-stream-001': (context) => add(context, { text: 'Stream hello from TCK' }),
  'tck-stream-002': () => undefined,
  'tck-stream-003': (context) => add(context, { text: 'Stream task lifecycle' }),
  'tck-stream-ordering-001': (context) => add(context, { text: 'Ordered output' }),
  'tck-stream-artifact-text': (context) => add(context, { text: 'Streamed text content' }),
  'tck-stream-artifact-file': (context) => add(context, { ...file, bytes: Buffer.from('Streamed file content') }),
  'tck-stream-artifact-chunked': addChunks,
  // Tests of 0.3 begin with a task and go on with it, or cancel it.
  'test-': askAgain,
  'text-message-id': askAgain,
  'mapping-test-message-id': askAgain,
  'cancel-test-message-id': askAgain,
  'test-resubscribe-message-id': ({ signal }) => wait(resubscribeMs, undefined, { signal }),
};

export async function perform(input, context) {
  const { messageId } = context.task;
  const [found] = Object.keys(scenarios)
    .filter((beginning) => messageId.startsWith(beginning))
    .sort((a, b) => b.length - a.length);
  if (found === undefined) return input.text ?? 'done';
  await context.status('at work');
  return scenarios[found](context);
}

async function askAgain(context) {
  while (true) await context.ask('What else?');
}

/** A further message that asks for input, too, is asked back; any other one ends the task. */
async function askUntilAnswered(context) {
  while (true) {
    const { messageId, text } = await context.ask('What else?');
    if (!messageId.startsWith('tck-input-required')) return text;
  }
}

async function add(context, artifact) {
  await context.artifact(artifact);
}

async function addChunks(context) {
  const artifactId = await context.artifact({ text: 'chunk-1 ', lastChunk: false });
  await context.artifact({ artifactId, text: 'chunk-2', append: true, lastChunk: true });
}

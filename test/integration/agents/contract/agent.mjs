import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** What came in, with whose call it was. */
export function echo(input, { task }) {
  return { input, contextId: task?.contextId ?? null };
}

/** As many artifact chunks as asked for, a moment apart; a byte in the file for each, when there is one. */
export async function* chunks({ count, delayMs = 0, file }) {
  for (let index = 0; index < count; index++) {
    if (delayMs > 0) await delay(delayMs);
    if (file) appendFileSync(file, 'x');
    yield { index };
  }
}

/** Two questions, and what the answers were. */
export async function ask(_input, context) {
  context.status('thinking');
  const first = await context.ask('Which year?');
  const second = await context.ask('Which month?');
  return { first, second };
}

export function fail() {
  throw new Error('it went wrong');
}

/** Writes a byte to the file every few milliseconds, until it is cancelled. */
export async function tick({ file }, { signal }) {
  while (!signal.aborted) {
    appendFileSync(file, 'x');
    await delay(10);
  }
}

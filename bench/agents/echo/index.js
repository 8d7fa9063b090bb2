import { setTimeout as wait } from 'node:timers/promises';

/** Answers with the text it was sent. @param {{ text: string }} input */
export function echo(input) {
  return input.text;
}

/** Answers in chunks of `bytes` characters. @param {{ chunks: number, bytes: number }} input */
export async function* stream({ chunks, bytes }) {
  for (let chunk = 0; chunk < chunks; chunk++) yield String(chunk).padEnd(bytes, '.');
}

/** A chunk every `everyMs` until it is stopped. @param {{ everyMs: number }} input @param {{ signal: AbortSignal }} context */
export async function* drip({ everyMs }, { signal }) {
  for (let chunk = 0; ; chunk++) {
    yield `${chunk} `;
    await wait(everyMs, undefined, { signal });
  }
}

import { createHash } from 'node:crypto';
import { passGate } from './gate.mjs';

export const object = ({ a, b }) => ({ sum: a + b });
export const text = ({ name }) => `Hello ${name}`;
export const bytes = () => ({ name: 'four.bin', type: 'application/x-four', bytes: new Uint8Array([0, 1, 254, 255]) });
export const nothing = () => {};
export const refuse = () => ({ status: 'error', message: 'not today' });
export const crash = () => process.exit(3);
export const credential = () => process.env.PARLEY_TOKEN;
export const code = () => () => 'never called';
export const digest = () => createHash('sha256').update(process.env.SECRET).digest('hex');

export function fail() {
  throw new Error('it broke');
}

export async function* stream() {
  for (const word of ['one ', 'two ', 'three']) yield word;
}

export async function together({ gate = 'together' }, { signal }) {
  await passGate(gate, signal);
  return { pid: process.pid };
}

export function speak(_input, { log }) {
  console.log('said on standard output');
  console.error('said on standard error');
  log.warn('said to the log');
}

export const files = ({ files: given }) =>
  given.map(({ name, type, bytes: content }) => ({ name, type, bytes: content }));

/** An artifact before each gate, so that a test can leave and come back between them. */
export async function* steps({ gates }, { signal }) {
  for (const gate of gates) {
    yield `${gate} `;
    await passGate(gate, signal);
  }
}

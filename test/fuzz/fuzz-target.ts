import { ParleyError } from '../../src/base/index.ts';
import { mutate } from './mutate.ts';
import { createRandom } from './random.ts';
import type { Target } from './targets.ts';

/** What came of it. */
export interface FuzzOutcome {
  readonly inputs: number;
  readonly refused: number;
  readonly slowestMs: number;
  readonly tookMs: number;
}

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** One input may take so long. */
  readonly patienceMs: number;
}

const turn = 500;

/** Gives the decoder that many damaged inputs. Throws with the input, in base64, that broke it or took too long. */
export async function fuzzTarget(target: Target, { inputs, seed, patienceMs }: FuzzOptions): Promise<FuzzOutcome> {
  const random = createRandom(seed);
  const startedAtMs = performance.now();
  let refused = 0;
  let slowestMs = 0;
  for (let index = 0; index < inputs; index++) {
    const bytes = mutate(target.corpus, random);
    const beganAtMs = performance.now();
    if (!(await accepts(target, bytes))) refused++;
    const tookMs = performance.now() - beganAtMs;
    if (tookMs > patienceMs) throw defect(target, bytes, `took ${tookMs.toFixed(0)} ms`);
    slowestMs = Math.max(slowestMs, tookMs);
    if (index % turn === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { inputs, refused, slowestMs, tookMs: performance.now() - startedAtMs };
}

async function accepts(target: Target, bytes: Buffer): Promise<boolean> {
  try {
    const outcome = target.decode(bytes);
    if (outcome instanceof Promise) await outcome;
    return true;
  } catch (thrown) {
    if (thrown instanceof ParleyError && target.codes.includes(thrown.code)) return false;
    throw defect(target, bytes, thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  }
}

function defect({ name }: Target, bytes: Buffer, what: string): Error {
  return new Error(`${name}: ${what}\ninput in base64: ${bytes.toString('base64')}`);
}

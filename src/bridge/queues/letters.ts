import { isObject, type JsonValue } from '../../base/index.ts';
import { createRedisScript, type RedisClient } from '../../drivers/redis/index.ts';
import { lettersKey } from '../keys.ts';

/**
 * Why a message lies here: `invalid`: nobody can read it; `unexpected`: not what is taken from that queue; `late`: the answer
 * to a call that was given up; `unmatched`: an answer to nothing that is known; `duplicate`: a second answer; `unanswerable`:
 * its work is done, and it does not say where the answer goes.
 */
export type LetterKind = 'invalid' | 'unexpected' | 'late' | 'unmatched' | 'duplicate' | 'unanswerable';

/** A message that reached nobody. */
export interface Letter {
  readonly kind: LetterKind;
  /** Whose queue it was in. */
  readonly queue: string;
  readonly reason: string;
  readonly atMs: number;
  /** The message as it came, at most 256 Ki characters of it. */
  readonly raw: string;
}

/** So many are kept; the oldest go first. */
export const keptLetters = 10_000;
const maxRawLength = 256 * 1024;

/** The letter as it is kept. */
export function formatLetter(letter: Letter): string {
  return JSON.stringify({ ...letter, raw: letter.raw.slice(0, maxRawLength) });
}

/** The newest letters. */
export async function readLetters(redis: RedisClient, limit: number): Promise<readonly Letter[]> {
  const texts = (await redis.command('LRANGE', lettersKey, 0, limit - 1)) as readonly string[];
  return texts.flatMap((text) => {
    const letter = JSON.parse(text) as JsonValue;
    return isObject(letter) ? [letter as unknown as Letter] : [];
  });
}

/** Takes the message out of the holding list and keeps it as a letter, both or neither. */
const buryScript = createRedisScript(`
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('LTRIM', KEYS[2], 0, ${keptLetters - 1})
return 1`);

/** Keeps a held message as a letter; nothing happens when it is no longer held. */
export async function bury(redis: RedisClient, holding: string, letter: Letter): Promise<void> {
  const args = [letter.raw, formatLetter(letter)];
  await redis.script({ script: buryScript, keys: [holding, lettersKey], args });
}

import { ParleyError } from '../../base/index.ts';
import type { Read } from './read.ts';
import { readRoot } from './root.ts';

/** Reads a server's answer: what is wrong with it is INVALID_AGENT_RESPONSE, with the fields in `details.violations`. */
export function readAnswer<T>(version: string, read: Read<T>, json: unknown): T {
  try {
    return readRoot(read, json);
  } catch (thrown) {
    const { message, details } = ParleyError.from(thrown);
    throw new ParleyError('INVALID_AGENT_RESPONSE', `The agent's answer is not valid A2A ${version}: ${message}`, {
      cause: thrown,
      details,
    });
  }
}

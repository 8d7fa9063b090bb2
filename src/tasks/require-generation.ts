import { ParleyError } from '../base/index.ts';
import type { CallContext } from './call-context.ts';

/** GENERATION_MISMATCH when the caller expects the task at another generation than it is at. */
export function requireGeneration({ generation }: CallContext, taskId: string, current: number): void {
  const expected = generation?.expected;
  if (expected === undefined || expected === current) return;
  const message = `Task ${taskId} is at generation ${current}, not ${expected}. Get it again, and decide anew.`;
  const details = { taskId, expectedGeneration: String(expected), currentGeneration: String(current) };
  throw new ParleyError('GENERATION_MISMATCH', message, { details });
}

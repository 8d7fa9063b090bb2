import { ParleyError } from '../base/index.ts';

/** INVALID_PARAMS when a reader wants to go on behind a sequence that the task has not come to: it would wait for what is not to come, or miss what is. */
export function requireReached(taskId: string, after: number, current: number): void {
  if (after <= current) return;
  const description = `is beyond what task ${taskId} has come to, which is ${current}`;
  const details = { violations: [{ field: 'Last-Event-ID', description }] };
  const message = `Last-Event-ID ${after} ${description}. Subscribe without it: the task as it is comes first.`;
  throw new ParleyError('INVALID_PARAMS', message, { details });
}

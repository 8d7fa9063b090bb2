import { ParleyError } from '../../base/index.ts';

const timeoutCodes: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** What went wrong with a call to `target`, as one of ours: the caller's own reason, DEADLINE_EXCEEDED or UNREACHABLE. */
export function toHttpError(thrown: unknown, target: string, signal: AbortSignal): ParleyError {
  const ours = findOurs(thrown) ?? (signal.aborted ? fromAbort(signal.reason, target) : undefined);
  if (ours !== undefined) return ours;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (timeoutCodes.has(code)) return deadline(`${target} did not answer in time.`, thrown);
  const message = `${target} cannot be reached (${describe(thrown)}); check that it runs and that the address is right.`;
  return new ParleyError('UNREACHABLE', message, { cause: thrown });
}

function findOurs(thrown: unknown): ParleyError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof ParleyError) return error;
  }
  return undefined;
}

function fromAbort(reason: unknown, target: string): ParleyError {
  if (reason instanceof ParleyError) return reason;
  if (reason instanceof DOMException && reason.name === 'TimeoutError') {
    return deadline(`The call to ${target} took longer than its deadline.`, reason);
  }
  return new ParleyError('CANCELED', `The call to ${target} was called off.`, { cause: reason });
}

function deadline(message: string, cause: unknown): ParleyError {
  return new ParleyError('DEADLINE_EXCEEDED', message, { cause });
}

function describe(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return describe(thrown.errors[0]);
  return thrown instanceof Error ? thrown.message : String(thrown);
}

import { type ErrorCode, type ErrorEntry, errorCatalogue } from './error-catalogue.ts';

export interface ParleyErrorOptions {
  readonly cause?: unknown;
  /** Facts for the caller, safe to show: ids, field names, limits. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** When the same call is worth another try. */
  readonly retryAfterMs?: number;
}

/** The only error class. `code` is stable and documented; `message` says what happened, to what, and what to do. */
export class ParleyError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ParleyErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'ParleyError';
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }

  get entry(): ErrorEntry {
    return errorCatalogue[this.code];
  }

  /** The only way in from a `catch`: what is not ours becomes INTERNAL, with the original as its cause. */
  static from(thrown: unknown): ParleyError {
    if (thrown instanceof ParleyError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new ParleyError('INTERNAL', message, { cause: thrown });
  }
}

/** True for a ParleyError with that code. */
export function hasCode(thrown: unknown, code: ErrorCode): thrown is ParleyError {
  return thrown instanceof ParleyError && thrown.code === code;
}

/** True for a Node system error with that errno name, such as `ENOENT`. */
export function isSystemError(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

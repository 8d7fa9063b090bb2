import { ParleyError } from '../../base/index.ts';

/** So much processor time one check may take; a schema and an input can be made to need years. */
const maxCheckMs = 100;
const unitsBetweenLooks = 20_000;
const charactersPerUnit = 64;
const itemsPerUnit = 8;

/** Counts the work of one check at a time. A unit is what a simple comparison costs, well below a microsecond. */
export class WorkLimit {
  #left = unitsBetweenLooks;
  #startedUs = 0;

  /** A new check begins. */
  begin(): void {
    this.#left = unitsBetweenLooks;
    this.#startedUs = 0;
  }

  /** Throws PAYLOAD_TOO_LARGE when the check has taken too long. */
  spend(units: number): void {
    this.#left -= units;
    if (this.#left > 0) return;
    this.#left = unitsBetweenLooks;
    const { user, system } = process.threadCpuUsage();
    // Most checks never come here: the time counts from the first look.
    if (this.#startedUs === 0) this.#startedUs = user + system;
    else if (user + system - this.#startedUs > maxCheckMs * 1000) throw tooMuchWork();
  }
}

/** What looking at a value costs, apart from what is in it. */
export function unitsOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / charactersPerUnit;
  return Array.isArray(value) ? 1 + value.length / itemsPerUnit : 1;
}

/** The check is given up: PAYLOAD_TOO_LARGE. */
export function tooMuchWork(): ParleyError {
  return new ParleyError(
    'PAYLOAD_TOO_LARGE',
    'The input is too large, or too deeply nested, to be checked against its schema. Send less at once.',
  );
}

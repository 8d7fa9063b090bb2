/** What one check of `parley doctor` has found. */
export interface Finding {
  readonly check: string;
  /** `failed`: Parley does not work without it. */
  readonly level: 'ok' | 'warning' | 'failed';
  /** What holds here, in a sentence. */
  readonly finding: string;
  /** What to do, when something is to be done. */
  readonly advice?: string;
}

export function ok(check: string, finding: string): Finding {
  return { check, level: 'ok', finding };
}

export function warning(check: string, finding: string, advice: string): Finding {
  return { check, level: 'warning', finding, advice };
}

export function failed(check: string, finding: string, advice: string): Finding {
  return { check, level: 'failed', finding, advice };
}

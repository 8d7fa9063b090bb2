import { createRequire } from 'node:module';
import { tooMuchWork, type WorkLimit } from './work-limit.ts';

type Re2 = typeof import('re2js');

const load = createRequire(import.meta.url);
const maxPatternLength = 1_000;
const maxProgramSize = 1_000;
/** Characters times states: at worst 130 ns each. */
const maxWork = 250_000;

/** A pattern of a schema, matched in time that grows with the text and the pattern, and never with both at once. */
export interface LinearPattern {
  test(text: string): boolean;
  /** Tells patterns apart. */
  toString(): string;
}

/** Why the pattern of an untrusted schema cannot be used, or undefined. */
export function findPatternFault(pattern: string): string | undefined {
  if (pattern.length > maxPatternLength) return `the pattern has more than ${maxPatternLength} characters`;
  try {
    const size = compile(pattern).programSize();
    return size > maxProgramSize ? `the pattern ${pattern} repeats too much; lower its {counts}` : undefined;
  } catch {
    return `the pattern ${pattern} cannot be matched in linear time, or is no regular expression; write it without lookaround and backreferences`;
  }
}

/** Compiles a pattern that has no fault. Its tests count as work, and PAYLOAD_TOO_LARGE is thrown for a text that is too long for it. */
export function createLinearPattern(pattern: string, limit: WorkLimit): LinearPattern {
  const compiled = compile(pattern);
  const size = compiled.programSize();
  return {
    test(text) {
      const work = text.length * size;
      if (work > maxWork) throw tooMuchWork();
      limit.spend(work);
      return compiled.test(text);
    },
    toString: () => `/${pattern}/`,
  };
}

function compile(pattern: string): ReturnType<Re2['RE2JS']['compile']> {
  // Loaded with the first pattern: most nodes never see one.
  const { RE2JS } = load('re2js') as Re2;
  return RE2JS.compile(RE2JS.translateRegExp(pattern));
}

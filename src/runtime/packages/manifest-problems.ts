import { ParleyError } from '../../base/index.ts';

/** One thing that is wrong in agent.yaml; line and column count from 1. */
export interface ManifestProblem {
  /** Such as `exports[0].handler`; empty for the file as a whole. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const maxProblems = 50;

/** Collects what is wrong, so that an author sees all of it at once. */
export interface ManifestProblems {
  /** Says where the value at `path` stands. */
  locate(path: string, offset: number): void;
  /** At the value's place, or its nearest parent's when the value is missing. */
  add(path: string, message: string): void;
  addAt(offset: number, message: string): void;
  warn(path: string, message: string): void;
  readonly found: boolean;
  readonly warnings: readonly string[];
  /** MANIFEST_INVALID with every problem, in the order of the file. */
  toError(file: string): ParleyError;
}

type Place = (offset: number) => { line: number; col: number };

function parentOf(path: string): string {
  return path.replace(/(\.[^.[]*|\[\d+\]|^[^.[]+)$/, '');
}

function format(file: string, problem: ManifestProblem): string {
  const at = `${file}:${problem.line}:${problem.column}`;
  return problem.path === '' ? `${at} ${problem.message}` : `${at} ${problem.path}: ${problem.message}`;
}

/** An empty collection; `place` turns an offset in the text into line and column. */
export function createProblems(place: Place): ManifestProblems {
  const offsets = new Map<string, number>([['', 0]]);
  const problems: ManifestProblem[] = [];
  const warnings: string[] = [];
  const offsetOf = (path: string): number => {
    for (let at = path; ; at = parentOf(at)) {
      const offset = offsets.get(at);
      if (offset !== undefined || parentOf(at) === at) return offset ?? 0;
    }
  };
  const push = (path: string, offset: number, message: string): void => {
    const { line, col } = place(offset);
    if (problems.some((known) => known.path === path && known.message === message)) return;
    if (problems.length < maxProblems)
      problems.push({ path, line: Math.max(line, 1), column: Math.max(col, 1), message });
  };
  return {
    locate: (path, offset) => void offsets.set(path, offset),
    add: (path, message) => push(path, offsetOf(path), message),
    addAt: (offset, message) => push('', offset, message),
    warn: (path, message) =>
      void warnings.push(`agent.yaml:${Math.max(place(offsetOf(path)).line, 1)} ${path}: ${message}`),
    get found() {
      return problems.length > 0;
    },
    warnings,
    toError(file) {
      const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
      const lines = sorted.map((problem) => format(file, problem));
      const count = sorted.length === 1 ? '1 problem' : `${sorted.length} problems`;
      const message = sorted.length === 1 ? `${lines[0]}` : `${file} has ${count}:\n${lines.join('\n')}`;
      return new ParleyError('MANIFEST_INVALID', message, { details: { problems: sorted } });
    },
  };
}

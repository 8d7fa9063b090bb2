import type { ExecutionEvent } from '../../agents/index.ts';
import { isObject, type JsonValue } from '../../base/index.ts';
import type { ProcessExit } from '../supervisor/process-group.ts';
import { completedWith, failedWith } from './execution-events.ts';

export interface ProgramOutput {
  readonly exit: ProcessExit;
  readonly stdout: Buffer;
  /** The newest lines of standard error. */
  readonly lastLines: readonly string[];
}

/**
 * What a program's end means: a JSON object or list on standard output is a data part, other text a text part;
 * `{status: "error", message}` and every exit that is not 0 are failures.
 */
export function toProgramEvents({ exit, stdout, lastLines }: ProgramOutput): readonly ExecutionEvent[] {
  const text = stdout.toString('utf8').trim();
  const value = parseStructure(text);
  const message = errorMessage(value);
  if (message !== undefined) return failedWith(message);
  if (exit.code !== 0) return failedWith(describeFailure(exit, lastLines));
  if (value !== undefined) return completedWith([{ data: value }]);
  return completedWith(text === '' ? [] : [{ text }]);
}

function parseStructure(text: string): JsonValue | undefined {
  if (!text.startsWith('{') && !text.startsWith('[')) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function errorMessage(value: JsonValue | undefined): string | undefined {
  if (!isObject(value) || value['status'] !== 'error') return undefined;
  const message = value['message'];
  return typeof message === 'string' ? message : 'The program reported an error without a message.';
}

function describeFailure({ code, signal }: ProcessExit, lastLines: readonly string[]): string {
  const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
  return lastLines.length === 0 ? `The program ${how}.` : `The program ${how}: ${lastLines.join('\n')}`;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, type ParleyError } from '../../base/index.ts';
import type { LogLine } from '../../control/index.ts';

/** Where something is wrong; line and column count from 1. */
export interface Place {
  /** Relative to the package's folder. */
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  readonly message?: string;
  /** The line as it stands in the file. */
  readonly text?: string;
}

/** A file of an installed package, in a message: all up to its name. */
const installed = /(?:file:\/\/)?[^\s"'()]*\/packages\/[^\s"'()/]+@[^\s"'()/]+\/[0-9a-f]{12}\//;
const pythonFrame = new RegExp(`File "${installed.source}([^"]+)", line (\\d+)`, 'g');
const nodeFrame = new RegExp(`${installed.source}([^\\s"'():]+):(\\d+)(?::(\\d+))?`);

/** The message with the files of the installed package as those that its author edits. */
export function toAuthorsPaths(message: string, folder: string): string {
  return message.replace(new RegExp(installed.source, 'g'), () => `${folder}/`);
}

/** The places in agent.yaml that an error names. */
export function findManifestPlaces({ code, details }: ParleyError, folder: string): Promise<readonly Place[]> {
  const problems = code === 'MANIFEST_INVALID' ? details['problems'] : undefined;
  const places = (Array.isArray(problems) ? problems : []).flatMap((problem: unknown): Place[] => {
    if (!isObject(problem) || typeof problem['line'] !== 'number' || typeof problem['column'] !== 'number') return [];
    const path = problem['path'] ? `${String(problem['path'])}: ` : '';
    const message = path + String(problem['message']);
    return [{ file: 'agent.yaml', line: problem['line'], column: problem['column'], message }];
  });
  return Promise.all(places.map((place) => withText(place, folder)));
}

/** Where in the package its code failed: the innermost frame of the last trace in the log that lies in it. */
export async function findTracePlace(lines: readonly LogLine[], folder: string): Promise<Place | undefined> {
  const places = lines.map(({ message }) => findFrame(message)).filter((place) => place !== undefined);
  const last = places.at(-1);
  return last && withText(last, folder);
}

function findFrame(message: string): Place | undefined {
  // Python tells the innermost call last, Node first.
  const python = [...message.matchAll(pythonFrame)].at(-1);
  if (python?.[1] !== undefined) return { file: python[1], line: Number(python[2]) };
  const [, file, line, column] = nodeFrame.exec(message) ?? [];
  if (file === undefined) return undefined;
  return { file, line: Number(line), ...(column !== undefined && { column: Number(column) }) };
}

async function withText(place: Place, folder: string): Promise<Place> {
  const content = await readFile(join(folder, place.file), 'utf8').catch(() => '');
  const text = content.split(/\r?\n/)[place.line - 1];
  return text === undefined || text === '' ? place : { ...place, text };
}

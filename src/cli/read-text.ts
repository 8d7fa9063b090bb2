import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { ParleyError } from '../base/index.ts';

/** The text in a file; `-`: standard input. NOT_FOUND when it cannot be read. */
export async function readText(file: string): Promise<string> {
  try {
    return file === '-' ? await readAll(process.stdin) : await readFile(file, 'utf8');
  } catch (cause) {
    throw new ParleyError('NOT_FOUND', `The file ${file} cannot be read; check the path.`, { cause });
  }
}

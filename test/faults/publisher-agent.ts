import { join } from 'node:path';
import { writePackage } from './runtime-fixture.ts';

/** A file that is there once everything of that name has been published. */
export function publishedMark(folder: string, name: string): string {
  return join(folder, `${name}.published`);
}

/** Writes the packages of two agents into the folder: `publisher`, which streams numbered chunks of text, and `echo`. Gives their folders. */
export async function writePublisher(folder: string): Promise<readonly string[]> {
  const manifest = (name: string): string => `
name: ${name}
version: 1.0.0
runtime: node24
exports: [{ name: ${name}, handler: agent.run }]
`;
  const publisher = `
import { writeFileSync } from 'node:fs';

export async function* run({ chunks, bytes, mark }) {
  for (let index = 0; index < chunks; index++) yield String(index).padEnd(bytes, '.');
  if (mark) writeFileSync(mark, '');
}
`;
  const echo = 'export const run = ({ value }) => ({ value });';
  const sources = [
    await writePackage(folder, 'publisher', { 'agent.yaml': manifest('publisher'), 'agent.js': publisher }),
    await writePackage(folder, 'echo', { 'agent.yaml': manifest('echo'), 'agent.js': echo }),
  ];
  return sources.map(({ path }) => path);
}

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Subject, startProgram, stopProgram } from './subject.ts';

const program = fileURLToPath(new URL('../peers/sdk-server.ts', import.meta.url));

/** Starts the peer; with `commitsTo`, the path of a database file, it makes the same durable commits as ours. */
export async function startSdk(commitsTo?: string): Promise<Subject> {
  const child = startProgram(commitsTo === undefined ? [program] : [program, commitsTo]);
  if (child.stdout === null) throw new Error('The peer has no stdout.');
  for await (const port of createInterface({ input: child.stdout })) {
    return {
      name: commitsTo === undefined ? '@a2a-js/sdk' : '@a2a-js/sdk + commits',
      url: `http://127.0.0.1:${port}/`,
      pid: child.pid,
      stop: () => stopProgram(child),
    };
  }
  throw new Error('The peer ended before it had a port.');
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectFolder } from '../support/project.ts';
import { confluentPython } from '../support/requires.ts';

/** What an agent of the original fleet has sent or understood. */
export type OriginalMessage = readonly [topic: string, message: Readonly<Record<string, unknown>>];

/** A Python program that knows the original's schemas and rules, and nothing of ours. */
export interface OriginalAgent {
  readonly messages: readonly OriginalMessage[];
  /** Its messages of a topic about one task. */
  about(topic: string, taskId: string): readonly Readonly<Record<string, unknown>>[];
  /** Resolves when it has ended by itself, with what it wrote to standard error. */
  readonly ended: Promise<string>;
  /** Ends it. */
  stop(): Promise<void>;
}

/** `broker`: `host:port`. A requester's further arguments: a description and a cost. */
export function startOriginal(
  role: 'requester' | 'provider' | 'executor',
  broker: string,
  ...args: readonly string[]
): OriginalAgent {
  const program = join(projectFolder, 'test', 'market', 'original_agent.py');
  const child = spawn(confluentPython(), [program, role, broker, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const messages: OriginalMessage[] = [];
  let errors = '';
  createInterface({ input: child.stdout }).on('line', (line) => messages.push(JSON.parse(line) as OriginalMessage));
  child.stderr.on('data', (data: Buffer) => {
    errors += String(data);
  });
  const ended = once(child, 'close').then(() => errors);
  return {
    messages,
    ended,
    about: (topic, taskId) =>
      messages.filter(([of, { task_id }]) => of === topic && task_id === taskId).map(([, message]) => message),
    async stop() {
      child.stdin.end();
      const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(force);
    },
  };
}

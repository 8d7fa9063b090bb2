import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePackage } from './runtime-fixture.ts';

/** One line of the agents' own file: a process that began, work that it was given, or the end of that. */
export interface Execution {
  readonly agent: string;
  readonly pid: number;
  readonly task?: string;
  readonly invocation?: string;
  /** The task whose work has just ended. */
  readonly done?: string;
}

export interface CountingAgents {
  /** Their package folders. */
  readonly folders: readonly string[];
  /** What they have written so far, oldest first. */
  executions(): readonly Execution[];
}

/** Agents of the three kinds that write down each piece of work before they do it, in a file that they only append to. */
export async function writeCountingAgents(folder: string): Promise<CountingAgents> {
  const file = join(folder, 'executions.jsonl');
  // Where the node is root, its workers are other users.
  writeFileSync(file, '');
  chmodSync(file, 0o666);
  chmodSync(folder, 0o711);
  const sources = [
    await writePackage(folder, 'once', nodeAgent('once', false, file)),
    await writePackage(folder, 'again', nodeAgent('again', true, file)),
    await writePackage(folder, 'program', programAgent(file)),
  ];
  return { folders: sources.map(({ path }) => path), executions: () => readExecutions(file) };
}

function readExecutions(file: string): readonly Execution[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Execution);
}

function nodeAgent(agent: string, idempotent: boolean, file: string): Readonly<Record<string, string>> {
  const manifest = `
name: ${agent}
version: 1.0.0
runtime: node24
idempotent: ${idempotent}
exports: [{ name: work, handler: agent.work }]
`;
  const code = `
import { fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const file = openSync(${JSON.stringify(file)}, 'a');
function note(fields) {
  writeSync(file, JSON.stringify({ agent: '${agent}', pid: process.pid, ...fields }) + '\\n');
  fsyncSync(file);
}
note({});

export async function work({ ms }, { invocationId, task }) {
  note({ task: task.id, invocation: invocationId });
  await setTimeout(ms);
  note({ done: task.id });
  return 'done';
}
`;
  return { 'agent.yaml': manifest, 'agent.js': code };
}

/** A shell needs no time to start; what it has appended survives it, as long as the machine does. */
function programAgent(file: string): Readonly<Record<string, string>> {
  const manifest = `
name: program
version: 1.0.0
runtime: process
command: [sh, agent.sh]
exports: [{ name: work }]
`;
  const line = '{"agent":"program","pid":%s,"task":"%s","invocation":"%s"}\\n';
  const script = `
printf '${line}' "$$" "$PARLEY_TASK_ID" "$PARLEY_INVOCATION_ID" >> '${file}'
sleep 0.02
printf done
`;
  return { 'agent.yaml': manifest, 'agent.sh': script };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { redisPython } from '../support/requires.ts';

export interface RedisAgentOptions {
  readonly url: string;
  readonly id: string;
  readonly type: 'opus' | 'sonnet' | 'subagent';
  /** A folder for the file with what it has worked on. */
  readonly folder: string;
  readonly heartbeatSeconds?: number;
}

/** An agent in Python that speaks to Redis with redis-py's plain commands, in a process of its own. */
export interface RedisAgent {
  /** What it has worked on, in order. */
  ledger(): readonly string[];
  /** What it has written to standard error. */
  errors(): string;
  kill(): Promise<void>;
  /** SIGSTOP: it takes nothing, and its heartbeat stops. */
  freeze(): void;
  thaw(): void;
}

interface Scope {
  after(run: () => Promise<void>): void;
}

/** Starts one that ends with the test; resolves when it takes work. */
export async function startRedisAgent(scope: Scope, options: RedisAgentOptions): Promise<RedisAgent> {
  const { url, id, type, folder, heartbeatSeconds = 0.2 } = options;
  const ledger = join(folder, `${id}.ledger`);
  const program = join(import.meta.dirname, 'redis_agent.py');
  const child = spawn(redisPython(), [program, url, id, type, ledger, String(heartbeatSeconds)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): Promise<void> => end(child);
  scope.after(kill);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error(`The Redis agent ended: ${errors}`);
  return {
    ledger: () => (existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').slice(0, -1) : []),
    errors: () => errors,
    kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

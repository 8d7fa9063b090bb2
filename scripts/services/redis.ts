import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface RedisServerOptions {
  /** Where it keeps its data; it must be there. */
  readonly folder: string;
  readonly port: number;
  /** Settings as in redis.conf, beside those of a server that loses nothing: `{ appendfsync: 'always' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A file of settings that the server rewrites, as sentinels do. */
  readonly sentinelFile?: string;
  /** Goes on when this process ends. */
  readonly detached?: boolean;
}

const startTimeoutMs = 20_000;

/** Starts a redis-server on loopback and waits until it answers. It dies with `process.kill(pid)`. */
export async function startRedisServer(options: RedisServerOptions): Promise<ChildProcess> {
  const { folder, port, detached = false } = options;
  const server = spawn('redis-server', argumentsOf(options), { stdio: 'ignore', detached });
  await Promise.race([untilAnswers(port), failure(server, folder)]);
  return server;
}

function argumentsOf({ folder, port, settings, sentinelFile }: RedisServerOptions): readonly string[] {
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--logfile', `${folder}/redis.log`];
  if (sentinelFile !== undefined) return [sentinelFile, ...place, '--sentinel'];
  const given = { appendonly: 'yes', appendfsync: 'everysec', save: '', ...settings };
  return [...place, ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, value])];
}

/** One command to the server on that port of loopback, and the first line of its answer. For lines without spaces inside. */
export async function askRedis(port: number, line: string): Promise<string> {
  const socket = createConnection({ host: '127.0.0.1', port });
  try {
    socket.on('error', () => {});
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')));
    socket.write(`${line}\r\n`);
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    return bytes.toString();
  } finally {
    socket.destroy();
  }
}

async function untilAnswers(port: number): Promise<void> {
  const endMs = Date.now() + startTimeoutMs;
  while (Date.now() < endMs) {
    const answer = await askRedis(port, 'PING').catch(() => '');
    // Without a password it answers PONG; with one it says so.
    if (answer.startsWith('+PONG') || answer.startsWith('-NOAUTH')) return;
    await delay(20);
  }
  throw new Error(`redis-server did not answer on port ${port} within ${startTimeoutMs} ms.`);
}

async function failure(server: ChildProcess, folder: string): Promise<never> {
  const [code] = await Promise.race([once(server, 'exit'), once(server, 'error').then(([error]) => [error])]);
  throw new Error(`redis-server ended (${code}); ${folder}/redis.log may say why.`);
}

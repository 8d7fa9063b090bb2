import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from './free-port.ts';
import { askRedis, startRedisServer } from './redis.ts';

const usage = `npm run services -- start|check|stop redis
Starts a server on a free port of loopback, with its data in .cache/services/NAME, and prints its address; asks whether it
answers; stops it and removes its data.`;

interface Running {
  readonly pid: number;
  readonly port: number;
}

const root = fileURLToPath(new URL('../../.cache/services', import.meta.url));
const commands = { start, check, stop };
const [command = '', name = ''] = process.argv.slice(2);
if (name !== 'redis' || !(command in commands)) {
  process.stderr.write(`${usage}\n`);
  process.exitCode = 2;
} else {
  await commands[command as keyof typeof commands](name);
}

async function start(service: string): Promise<void> {
  if (await isAnswering(service)) return print(read(service));
  const folder = join(root, service);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [port = 0] = await freePorts(1);
  const server = await startRedisServer({ folder, port, detached: true });
  server.unref();
  writeFileSync(stateFile(service), JSON.stringify({ pid: server.pid, port }));
  print({ pid: server.pid ?? 0, port });
}

async function check(service: string): Promise<void> {
  if (await isAnswering(service)) return print(read(service));
  process.stderr.write(`${service} does not run. Start it: npm run services -- start ${service}\n`);
  process.exitCode = 1;
}

async function stop(service: string): Promise<void> {
  if (await isAnswering(service)) process.kill(read(service)?.pid ?? 0);
  rmSync(join(root, service), { recursive: true, force: true });
}

async function isAnswering(service: string): Promise<boolean> {
  const running = read(service);
  if (running === undefined) return false;
  const answer = await askRedis(running.port, 'INFO server').catch(() => '');
  return answer.includes(`process_id:${running.pid}\r\n`);
}

function read(service: string): Running | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(service), 'utf8')) as Running;
  } catch {
    return undefined;
  }
}

function stateFile(service: string): string {
  return join(root, service, 'running.json');
}

function print(running: Running | undefined): void {
  process.stdout.write(`redis://127.0.0.1:${running?.port}/0\n`);
}

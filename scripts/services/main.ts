import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Running, type Service, services } from './services.ts';

const usage = `npm run services -- start|check|stop ${Object.keys(services).join('|')}
Starts a server on a free port of loopback, with its data in .cache/services/NAME, and prints its address; asks whether it
answers; stops it and removes its data.`;

const root = fileURLToPath(new URL('../../.cache/services', import.meta.url));
const stopTimeoutMs = 20_000;
const commands = { start, check, stop };
const [command = '', name = ''] = process.argv.slice(2);
const service = services[name];
if (service === undefined || !(command in commands)) {
  process.stderr.write(`${usage}\n`);
  process.exitCode = 2;
} else {
  await commands[command as keyof typeof commands](service);
}

async function start(chosen: Service): Promise<void> {
  const known = await answering(chosen);
  if (known !== undefined) return print(chosen, known);
  const folder = join(root, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const running = await chosen.start(folder);
  writeFileSync(stateFile(), JSON.stringify(running));
  print(chosen, running);
}

async function check(chosen: Service): Promise<void> {
  const known = await answering(chosen);
  if (known !== undefined) return print(chosen, known);
  process.stderr.write(`${name} does not run. Start it: npm run services -- start ${name}\n`);
  process.exitCode = 1;
}

async function stop(chosen: Service): Promise<void> {
  const known = await answering(chosen);
  if (known !== undefined) process.kill(known.pid);
  const endMs = Date.now() + stopTimeoutMs;
  while ((await answering(chosen)) !== undefined && Date.now() < endMs) await delay(100);
  rmSync(join(root, name), { recursive: true, force: true, maxRetries: 20 });
}

async function answering(chosen: Service): Promise<Running | undefined> {
  const running = read();
  return running !== undefined && (await chosen.isAnswering(running)) ? running : undefined;
}

function read(): Running | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(), 'utf8')) as Running;
  } catch {
    return undefined;
  }
}

function stateFile(): string {
  return join(root, name, 'running.json');
}

function print(chosen: Service, running: Running): void {
  process.stdout.write(`${chosen.url(running)}\n`);
}

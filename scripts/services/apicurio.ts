import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A registry with Confluent's REST API that is not ours, with its state in memory. */
const artifact = 'io.apicurio:apicurio-registry-app:2.6.13.Final:tar.gz:all';

/** Where its jars are, unless PARLEY_TEST_APICURIO names another folder. */
const folder = process.env['PARLEY_TEST_APICURIO'] || fileURLToPath(new URL('../../.cache/apicurio', import.meta.url));

/** The jar to start; undefined when it has not been fetched. */
export function findApicurio(): string | undefined {
  const jar = existsSync(folder) ? readdirSync(folder).find((name) => name.endsWith('-runner.jar')) : undefined;
  return jar === undefined ? undefined : join(folder, jar);
}

/** Fetches it into .cache/apicurio by Maven, unless it is there. */
async function fetchApicurio(): Promise<void> {
  if (findApicurio() !== undefined) return;
  const run = promisify(execFile);
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
  await run('mvn', ['-q', '-B', goal, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]);
  const archive = readdirSync(folder).find((name) => name.endsWith('.tar.gz')) ?? '';
  await run('tar', ['-xzf', archive], { cwd: folder });
  rmSync(join(folder, archive));
}

/** Starts it on a port of loopback and waits until it serves; its API is below `/apis/ccompat/v7`. */
export async function startApicurio(jar: string, port: number): Promise<ChildProcess> {
  const settings = [`-Dquarkus.http.port=${port}`, '-Dquarkus.http.host=127.0.0.1'];
  const options = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const server = spawn('java', [...options, ...settings, '-jar', jar], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(server, 'close').then(([code]) => {
    throw new Error(`The registry ended with ${code} before it served.`);
  });
  const lines = createInterface({ input: server.stdout });
  const serves = new Promise<void>((resolve) => {
    lines.on('line', (line) => line.includes('Listening on:') && resolve());
  });
  ended.catch(() => {});
  await Promise.race([serves, ended]);
  return server;
}

if (import.meta.main) await fetchApicurio();

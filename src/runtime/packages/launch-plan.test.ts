import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLaunchPlan, type LaunchPlan } from './launch-plan.ts';
import { parseManifest } from './manifest.ts';

function planOf(rest: string): LaunchPlan {
  return createLaunchPlan(parseManifest(`name: test-agent\nversion: 1.0.0\n${rest}`));
}

test('exports are loaded by the host of their language', () => {
  assert.deepEqual(planOf('runtime: node24\nexports: [{name: a, handler: "m:f"}]'), {
    kind: 'node',
    skills: [{ id: 'a', handler: { adapter: 'function', module: 'm', name: 'f' } }],
  });
});

test('a class PixellAdapter as entrypoint is asked for every capability', () => {
  assert.deepEqual(planOf('runtime: python3.11\nentrypoint: agent:PixellAdapter\ncapabilities: [chat]'), {
    kind: 'python',
    skills: [{ id: 'chat', handler: { adapter: 'pixell', module: 'agent' } }],
  });
});

test('an a2a service is handed to the host, which lists its handlers', () => {
  assert.deepEqual(planOf('runtime: python3.11\na2a: {service: "svc:create"}\nmetadata: {sub_agents: [{name: x}]}'), {
    kind: 'python',
    skills: [{ id: '*', handler: { adapter: 'custom-handlers', module: 'svc', name: 'create' } }],
    grpc: true,
  });
});

test('a package of nothing but REST has a host without skills', () => {
  const http = { mount: { module: 'r', name: 'mount' } };
  assert.deepEqual(planOf('runtime: python3.11\nrest: {entry: "r:mount"}'), { kind: 'python', skills: [], http });
});

test('a package of nothing but a page has no process', () => {
  assert.deepEqual(planOf('ui: {path: ui}'), { kind: 'page' });
});

test('what a program does not do is done by a host beside it', () => {
  const surfaces = 'a2a: {service: "s:create", http_server: "h:app"}\nrest: {entry: "r:mount"}';
  const plan = planOf(`runtime: python3.11\nentrypoint: agent:main\n${surfaces}`);
  assert.ok(plan.kind === 'program');
  assert.deepEqual(plan.skills, ['test-agent']);
  assert.deepEqual(plan.beside, {
    kind: 'python',
    skills: [{ id: '*', handler: { adapter: 'custom-handlers', module: 's', name: 'create' } }],
    http: { mount: { module: 'r', name: 'mount' }, a2a: { module: 'h', name: 'app' } },
    grpc: true,
  });
  assert.equal('beside' in planOf('runtime: python3.11\nentrypoint: agent:main\nui: {path: ui}'), false);
});

test('a command is a program with the exports as its actions', () => {
  assert.deepEqual(planOf('runtime: process\ncommand: ["{node}", agent.js]\nexports: [{name: a}, {name: b}]'), {
    kind: 'program',
    command: ['{node}', 'agent.js'],
    cwdRelative: '.',
    skills: ['a', 'b'],
  });
});

test('main is a program when the exports have no handlers, and a host is started when they have', () => {
  const program = planOf('runtime: python3.9\nentrypoint: src.agent:main\nexports: [{name: a}, {name: b}]');
  assert.equal(program.kind, 'program');
  assert.deepEqual(program.skills, ['a', 'b']);
  assert.equal(planOf('runtime: python3.9\nentrypoint: agent:main\nexports: [{name: a, handler: m.f}]').kind, 'python');
  assert.equal(planOf('runtime: node24\nentrypoint: agent:main').kind, 'node');
});

function runMain(source: string): { stdout: string; status: number | null } {
  const plan = planOf('runtime: python3.9\nentrypoint: agent:main');
  assert.ok(plan.kind === 'program' && plan.command[0] === '{python}');
  const cwd = mkdtempSync(join(tmpdir(), 'parley-main-'));
  try {
    writeFileSync(join(cwd, 'agent.py'), source);
    const { stdout, status } = spawnSync('python3', plan.command.slice(1), {
      cwd,
      input: '{"action":"a","n":2}',
      encoding: 'utf8',
    });
    return { stdout, status };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

test('a Python main that reads stdin itself answers with what it prints', () => {
  const source =
    'import json, sys\ndef main():\n    print(json.dumps({"got": json.load(sys.stdin), "args": len(sys.argv)}))\n';
  assert.deepEqual(JSON.parse(runMain(source).stdout), { got: { action: 'a', n: 2 }, args: 1 });
});

test('a Python main that takes the object answers with its result, and its exit code is kept', () => {
  assert.deepEqual(JSON.parse(runMain('async def main(x):\n    return {"n": x["n"] + 1}\n').stdout), { n: 3 });
  assert.equal(runMain('def main():\n    return 1\n').status, 1);
  assert.equal(runMain('def main():\n    raise ValueError("no")\n').status, 1);
});

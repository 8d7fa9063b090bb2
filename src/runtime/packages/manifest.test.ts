import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { parseManifest } from './manifest.ts';
import type { ManifestProblem } from './manifest-problems.ts';

const head = 'name: test-agent\nversion: 1.0.0\n';

function problemsOf(yamlText: string): readonly ManifestProblem[] {
  try {
    parseManifest(yamlText);
  } catch (error) {
    assert.ok(error instanceof ParleyError && error.code === 'MANIFEST_INVALID', String(error));
    return error.details['problems'] as readonly ManifestProblem[];
  }
  return assert.fail('the manifest was accepted');
}

function messagesOf(yamlText: string): string {
  return problemsOf(yamlText)
    .map(({ path, line, message }) => `${path} (${line}): ${message}`)
    .join('\n');
}

test('a real exports-based manifest is read', () => {
  const manifest = parseManifest(
    `${head}runtime: {python: ">=3.8"}\nexports:\n  - {name: hello, type: function, handler: agent.hello}\n`,
  );
  assert.equal(manifest.packageId, 'test-agent@1.0.0');
  assert.deepEqual(manifest.runtime, { kind: 'python', requirement: '>=3.8' });
  assert.deepEqual(manifest.skills[0]?.handler, { adapter: 'function', module: 'agent', name: 'hello' });
  assert.equal(manifest.defaultSkill, 'hello');
  assert.equal(manifest.concurrency, 100);
});

test('a real manifest with three surfaces and sub_agents is read', () => {
  const manifest = parseManifest(`
version: "1.0"
name: vivid
display_name: Vivid
runtime: python3.11
entrypoint: main:handler
a2a: {service: "a2a_service:create_grpc_server"}
rest: {entry: "rest_routes:mount"}
ui: {path: ui, basePath: /}
metadata:
  version: 0.4.2
  mood: fine
  sub_agents: [{name: painter, description: paints, public: true}, {name: inner, public: false}]
`);
  assert.equal(manifest.packageId, 'vivid@0.4.2');
  assert.deepEqual(manifest.surfaces, {
    rest: { entry: { module: 'rest_routes', name: 'mount' } },
    a2a: { service: { module: 'a2a_service', name: 'create_grpc_server' } },
    ui: { path: 'ui', basePath: '/' },
  });
  assert.deepEqual(
    manifest.skills.map((skill) => [skill.id, skill.private]),
    [
      ['handler', false],
      ['painter', false],
      ['inner', true],
    ],
  );
  assert.equal(manifest.defaultSkill, 'handler');
  assert.deepEqual(manifest.subAgents, ['painter', 'inner']);
  assert.equal(manifest.metadata['mood'], 'fine');
  assert.deepEqual(manifest.warnings, []);
});

test('handlers are dotted, with a colon, or bare with a main_module', () => {
  const manifest = parseManifest(`${head}runtime: node20
main_module: ./lib/tools.js
exports:
  - {name: a, handler: agent.hello}
  - {name: b, handler: "src/agent.mjs:hello"}
  - {name: c, handler: hello}
  - {id: d, name: The fourth, handler: deep.folder.hello, private: true, role_required: admin}
`);
  assert.deepEqual(
    manifest.skills.map(
      (skill) => skill.handler && 'name' in skill.handler && [skill.handler.module, skill.handler.name],
    ),
    [
      ['agent', 'hello'],
      ['src/agent.mjs', 'hello'],
      ['lib/tools.js', 'hello'],
      ['deep/folder', 'hello'],
    ],
  );
  assert.equal(manifest.skills[3]?.name, 'The fourth');
  assert.equal(manifest.skills[3]?.roleRequired, 'admin');
  assert.equal(manifest.defaultSkill, undefined);
});

test('an entrypoint without exports gives a skill named after the function, or the capabilities', () => {
  const named = parseManifest(`${head}runtime: python3.9\nentrypoint: agent:answer\n`);
  assert.deepEqual([named.skills.map((skill) => skill.id), named.defaultSkill], [['answer'], 'answer']);
  const capable = parseManifest(
    `${head}runtime: python3.9\nentrypoint: agent:answer\ncapabilities: [text work, maths]\n`,
  );
  assert.deepEqual(
    [capable.skills.map((skill) => skill.id), capable.defaultSkill],
    [['text-work', 'maths'], 'text-work'],
  );
});

test('texts keep the letters of the file: version 1.0 is not 1', () => {
  const manifest = parseManifest(
    'name: a\nversion: 1.10\nruntime: node24\nentrypoint: a:b\nenvironment: {PORT: 0080, ON: true}\n',
  );
  assert.equal(manifest.version, '1.10');
  assert.deepEqual(manifest.environment, { PORT: '0080', ON: 'true' });
});

test('a skill takes its settings from the package and overrides them', () => {
  const manifest = parseManifest(`${head}runtime: node24
idempotent: true
timeouts: {total_seconds: 60, idle_seconds: 5}
exports:
  - {name: a, handler: "m:a"}
  - {name: b, handler: "m:b", idempotent: false, timeouts: {idle_seconds: 0.5}}
`);
  const settings = manifest.skills.map(({ idempotent, timeouts }) => ({ idempotent, timeouts }));
  assert.deepEqual(settings, [
    { idempotent: true, timeouts: { totalMs: 60_000, idleMs: 5_000 } },
    { idempotent: false, timeouts: { totalMs: 60_000, idleMs: 500 } },
  ]);
});

test('a program has four calls at once and one skill named after the package', () => {
  const manifest = parseManifest(`${head}runtime: process\ncommand: [bin/agent, --json]\n`);
  assert.deepEqual(manifest.entry, { kind: 'program', command: ['./bin/agent', '--json'] });
  assert.equal(manifest.concurrency, 4);
  assert.deepEqual([manifest.skills.map((skill) => skill.id), manifest.defaultSkill], [['test-agent'], 'test-agent']);
});

test('unknown fields are kept and reported with their line', () => {
  const manifest = parseManifest(`${head}runtime: node24\nentrypoint: a:b\ncolour: red\n`);
  assert.equal(manifest.raw['colour'], 'red');
  assert.deepEqual(manifest.warnings, ['agent.yaml:5 colour: this field is not known and has no effect']);
});

test('all problems are reported at once, each with its place', () => {
  const problems = problemsOf(
    'name: Bad Name\nruntime: cobol\nexports:\n  - name: hello\n    private: maybe\n  - handler: x.y\n',
  );
  assert.deepEqual(
    problems.map(({ path, line, column }) => [path, line, column]),
    [
      ['name', 1, 1],
      ['version', 1, 1],
      ['runtime', 2, 1],
      ['exports[0].handler', 4, 5],
      ['exports[0].private', 5, 5],
      ['exports[1].name', 6, 5],
    ],
  );
});

test('the message names the file, the line and what to do', () => {
  assert.throws(() => parseManifest('version: 1.0.0\nruntime: node24\nentrypoint: a:b', { path: 'x/agent.yaml' }), {
    message: 'x/agent.yaml:1:1 name: the name is missing; add "name: my-agent"',
  });
});

const wrong: readonly (readonly [title: string, yamlText: string, expected: RegExp])[] = [
  ['rest without entry', `${head}rest: {}\n`, /^rest \(3\): REST config missing required 'entry'/m],
  ['ui without path', `${head}ui: {basePath: /}\n`, /^ui \(3\): UI config missing required 'path'/m],
  ['ui.path outside', `${head}ui: {path: ../up}\n`, /ui\.path .*inside the package/],
  ['nothing to call', `${head}runtime: node24\n`, /nothing can be called/],
  ['a reserved name', 'name: health\nversion: 1\nentrypoint: a:b', /reserved/],
  ['a version that is a path', 'name: a\nversion: ../1\nentrypoint: a:b', /version .*letters/],
  [
    'a module that climbs out',
    `${head}runtime: node24\nentrypoint: "../x:run"\n`,
    /entrypoint .*not a module of the package/,
  ],
  ['a file instead of a function', `${head}entrypoint: ./src/agent.mjs\n`, /is a file; name .*: "src\/agent:function"/],
  ['a bare handler without main_module', `${head}exports: [{name: a, handler: b}]\n`, /names no module/],
  [
    'a skill twice',
    `${head}exports: [{name: a, handler: b.c}, {name: a, handler: b.d}]\n`,
    /exports\[1\]\.name .*twice/,
  ],
  ['go without a command', `${head}runtime: go1.21\nentrypoint: a:b\n`, /needs `command/],
  ['a command that climbs out', `${head}command: [../bin/sh]\n`, /leads out/],
  ['an unknown default skill', `${head}entrypoint: a:b\ndefault_skill: c\n`, /there is no skill c; the skills are b/],
  ['a key twice', `${head}name: b\nentrypoint: a:b\n`, /the key name is there twice/],
  [
    'a key that reaches a prototype',
    `${head}entrypoint: a:b\nmetadata: {__proto__: {x: 1}}\n`,
    /__proto__ is not allowed/,
  ],
  ['a custom tag', `${head}entrypoint: !!python/object:os.system x\n`, /tag .* is not allowed/],
  ['YAML that is none', 'name: [', /not valid YAML/],
  ['an empty file', '', /must be a map/],
  ['a list', '- a\n', /must be a map/],
  [
    'a schema with a remote reference',
    `${head}exports: [{name: a, handler: b.c, input_schema: {$ref: "http://x/"}}]\n`,
    /leads out of the schema/,
  ],
  [
    'a schema with a pattern that cannot be matched in linear time',
    `${head}exports: [{name: a, handler: b.c, input_schema: {pattern: "(?=a)b"}}]\n`,
    /exports\[0\]\.input_schema\.pattern \(3\): .*linear time/,
  ],
  [
    'a schema of a type that there is not',
    `${head}exports: [{name: a, handler: b.c, output_schema: {properties: {x: {type: strnig}}}}]\n`,
    /exports\[0\]\.output_schema\.properties\.x\.type \(3\): this must be one of null, boolean/,
  ],
  [
    'an entrypoint main beside handlers',
    `${head}runtime: python3.9\nentrypoint: a:main\nexports: [{name: x, handler: b.c}, {name: y}]\n`,
    /exports\[1\]\.handler .*needs its own/,
  ],
];

for (const [title, yamlText, expected] of wrong)
  test(`${title} is refused`, () => {
    assert.match(messagesOf(yamlText), expected);
  });

test('YAML that would grow, nest or repeat without end is refused quickly', () => {
  const laughs = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
  for (let i = 1; i < 9; i++) {
    const below = String.fromCharCode(96 + i);
    laughs.push(`${String.fromCharCode(97 + i)}: &${String.fromCharCode(97 + i)} [${`*${below},`.repeat(9)}*${below}]`);
  }
  assert.match(messagesOf(laughs.join('\n')), /more than 50 aliases|more than 20000 values/);
  assert.match(messagesOf('a: &a [*a]'), /nested more than|aliases/);
  assert.match(messagesOf(`a: ${'['.repeat(300)}${']'.repeat(300)}`), /nested more than 40 deep/);
  assert.match(messagesOf('['.repeat(50_000)), /more than 50000 words and signs/);
  assert.match(messagesOf(`a: "${'x'.repeat(200_000)}"`), /more than 131072 bytes/);
});

test('runtime_version is compared with this version', () => {
  const yamlText = `${head}runtime: node24\nentrypoint: a:b\nruntime_version: ">=0.2 <1"\n`;
  assert.equal(parseManifest(yamlText, { runtimeVersion: '0.3.1' }).name, 'test-agent');
  assert.throws(() => parseManifest(yamlText, { runtimeVersion: '0.1.9' }), /needs Parley >=0.2 <1 and this is 0.1.9/);
});

test('a package has Python sessions when it says so, or when its capabilities do and it says nothing', () => {
  const asks = (more: string): boolean =>
    parseManifest(`name: a\nversion: 1.0.0\nentrypoint: a:b\n${more}`).pythonSessions;
  assert.equal(asks(''), false);
  assert.equal(asks('metadata: {python_agent: true}'), true);
  assert.equal(asks('capabilities: [code-execution]'), true);
  assert.equal(asks('capabilities: [code-execution]\nmetadata: {python_agent: false}'), false);
  assert.throws(() => asks('metadata: {python_agent: "yes"}'), /metadata.python_agent/);
});

test('resources say what a worker may use, and what is no amount is named', () => {
  const body = `${head}entrypoint: agent:run\n`;
  assert.deepEqual(parseManifest(`${body}resources: { memory: 1.5G, cpus: 0.5 }\n`).resources, {
    memoryBytes: 1.5 * 1024 ** 3,
    cpus: 0.5,
  });
  assert.deepEqual(parseManifest(body).resources, {});
  const problems = messagesOf(`${body}resources: { memory: 12, cpus: 0 }\n`);
  assert.match(problems, /resources\.memory \(4\): this must be an amount such as 256M/);
  assert.match(problems, /resources\.cpus \(4\): this must be a number from 0\.01 to 1024/);
});

test('the roles in the market are read with their settings, and true takes a role with its defaults', () => {
  const yaml = `
name: builder
version: 1.0.0
entrypoint: main:run
market:
  requester: true
  provider: {capabilities: [build], max_cost: 90, eta_seconds: 1.5, executes: true}
  executor: {skill: build, concurrency: 2, own: true}
`;
  assert.deepEqual(parseManifest(yaml).market, {
    requester: {},
    provider: { capabilities: ['build'], maxCost: 90, etaMs: 1_500, executes: true },
    executor: { skill: 'build', concurrency: 2, own: true },
  });
});

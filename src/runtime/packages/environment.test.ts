import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDotenv } from './dotenv.ts';
import { resolveEnvironment } from './environment.ts';

// Biome takes a reference in a plain string for a mistake; here it is the point.
const ref = (body: string): string => `\${${body}}`;

test('a higher layer wins, and the node is the lowest', () => {
  assert.deepEqual(resolveEnvironment([{ A: 'file' }, { A: 'manifest', B: '2' }], { A: 'node', PATH: '/bin' }), {
    A: 'manifest',
    PATH: '/bin',
    B: '2',
  });
});

test('a reference gives the highest value of what it names', () => {
  const layers = [{ HOST: 'low' }, { URL: `http://${ref('HOST')}:${ref('PORT:-80')}/` }, { HOST: 'high' }];
  assert.equal(resolveEnvironment(layers, {})['URL'], 'http://high:80/');
});

test('a default is taken for what is not set or empty, and may hold references', () => {
  const layers = [{ A: ref(`X:-${ref('Y:-deep')}!`), E: '', B: ref('E:-given') }];
  const { A, B } = resolveEnvironment(layers, {});
  assert.deepEqual([A, B], ['deep!', 'given']);
});

test('a variable that names itself gets the value below', () => {
  const path = `${ref('PATH')}:/more`;
  assert.equal(
    resolveEnvironment([{ PATH: path }, { PATH: `${ref('PATH')}:/most` }], { PATH: '/bin' })['PATH'],
    '/bin:/more:/most',
  );
});

test("the node's own values are taken as they are, and nothing else of it is seen", () => {
  assert.equal(resolveEnvironment([{ A: ref('HOME') }], { HOME: ref('X') })['A'], ref('X'));
  assert.throws(() => resolveEnvironment([{ KEY: ref('SECRET') }], { HOME: '/' }), {
    code: 'MANIFEST_INVALID',
    message: /KEY needs \$\{SECRET\}, which is not set/,
  });
});

test('a circle is refused with its chain', () => {
  const layers = [{ A: ref('B'), B: ref('C:-x'), C: ref('A') }];
  assert.throws(() => resolveEnvironment(layers, {}), { message: /A → B → C → A/ });
});

test('a doubled dollar is a text, and so is what is no reference', () => {
  const { A } = resolveEnvironment([{ A: `$${ref('B')} $B ${ref('1')} $$` }], {});
  assert.equal(A, `${ref('B')} $B ${ref('1')} $$`);
});

test('values that grow without end are refused quickly', () => {
  const laughs = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`V${i}`, i === 39 ? 'ha' : ref(`V${i + 1}`).repeat(10)]),
  );
  assert.throws(() => resolveEnvironment([laughs], {}), { message: /grows over/ });
  const chain = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`V${i}`, ref(`V${i + 1}`)]));
  assert.throws(() => resolveEnvironment([chain], {}), { message: /more than 100 others/ });
  const nested = `${'${A:-'.repeat(20_000)}${'}'.repeat(20_000)}`;
  assert.throws(() => resolveEnvironment([{ B: nested }], {}), { message: /more than 100 others/ });
  assert.throws(() => resolveEnvironment([{ B: '${A:-'.repeat(20_000) }], {}), { message: /closing brace/ });
});

test('a .env is read with comments, quotes and several lines', () => {
  const text = [
    '# comment',
    'A=1 # tail',
    'export B = two words ',
    `S='${ref('A')} # kept'`,
    'D="line\\n\\"two\\""',
    'M="first',
    'second"',
    'not a line',
    'E=',
    '2BAD=x',
    'A=3',
  ].join('\n');
  assert.deepEqual(parseDotenv(text), {
    A: '3',
    B: 'two words',
    S: `$${ref('A')} # kept`,
    D: 'line\n"two"',
    M: 'first\nsecond',
    E: '',
  });
});

test('what is quoted in a .env reaches the worker as it stands', () => {
  const layer = parseDotenv(`S='${ref('A')}'\nD="\\${ref('A')} \\$5"\nR="${ref('A')}"\nA=x`);
  assert.deepEqual(resolveEnvironment([layer], {}), { S: ref('A'), D: `${ref('A')} $5`, R: 'x', A: 'x' });
});

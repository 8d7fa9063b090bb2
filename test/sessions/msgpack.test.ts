import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decode, ExtData, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { requires } from '../support/requires.ts';

const needsPython = requires('python3');
const pythonFolder = fileURLToPath(new URL('../../python', import.meta.url));
const options = { useBigInt64: true };

/** What the script writes when it gets the bytes on standard input. */
function runPython(script: string, input: Uint8Array): Uint8Array {
  const run = spawnSync('python3', ['-c', `import sys\nfrom parley_session.msgpack import pack, unpack\n${script}`], {
    input,
    env: { PATH: process.env['PATH'], PYTHONPATH: pythonFolder, PYTHONDONTWRITEBYTECODE: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(run.stderr.toString(), '');
  return Uint8Array.from(run.stdout);
}

/** The other implementation reads small integers as numbers, large ones as bigint, whatever they were. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return BigInt(Number(value)) === value ? Number(value) : value;
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 300 }),
);
/** JavaScript's own name for something else; the other implementation refuses it. */
const key = fc.string().filter((text) => text !== '__proto__');
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value')),
    fc.dictionary(key, tie('value'), { noNullPrototype: true }),
  ),
})).value;

test('what another implementation packs is read and packed again without a change', needsPython, () => {
  const long = ['x'.repeat(31), 'x'.repeat(32), 'x'.repeat(255), 'x'.repeat(256), 'x'.repeat(65_536)];
  const wide = [
    Array(15).fill(1),
    Array(16).fill(2),
    Array(65_536).fill(null),
    new Uint8Array(256),
    new Uint8Array(65_536),
  ];
  const edges = [0n, 127n, 128n, 255n, 256n, 65_536n, 2n ** 32n, -1n, -32n, -33n, -129n, -32_769n, -(2n ** 31n) - 1n];
  const values = [
    ...fc.sample(value, 500),
    ...long,
    ...wide,
    ...edges,
    Object.fromEntries(Array(20).fill(1).entries()),
  ];
  const packed = runPython('sys.stdout.buffer.write(pack(unpack(sys.stdin.buffer.read())))', encode(values, options));
  assert.deepEqual(plain(decode(packed, options)), plain(values));
});

test('tuples and sets become arrays', needsPython, () => {
  const packed = runPython('sys.stdout.buffer.write(pack((1, {2}, frozenset(), bytearray(b"3"))))', Buffer.alloc(0));
  assert.deepEqual(decode(packed), [1, [2], [], new Uint8Array([0x33])]);
});

for (const [what, bytes, message] of [
  ['an extension type', encode(new ExtData(5, new Uint8Array([1]))), 'extension types are not supported'],
  ['a time stamp', encode(new Date(0)), 'extension types are not supported'],
  ['a value that ends early', [0x93, 1, 2], 'the value ends early'],
  ['a length that is a lie', [0xdd, 0xff, 0xff, 0xff, 0xff], 'the value ends early'],
  ['two values', [1, 2], '1 bytes follow the value'],
  ['nothing', [], 'the value ends early'],
  ['a byte that begins nothing', [0xc1], 'the byte 0xc1 begins no value'],
  ['a text that is not UTF-8', [0xa1, 0xff], 'a text is not UTF-8'],
  ['an array as a key', [0x81, 0x90, 1], 'an array or a map is the key of a map'],
  ['a tower of arrays', new Array(100_000).fill(0x91), 'the value is nested deeper than 200 levels'],
] as const) {
  test(`${what} is refused by name`, needsPython, () => {
    const script = 'try: unpack(sys.stdin.buffer.read())\nexcept ValueError as error: print(error, end="")';
    assert.equal(Buffer.from(runPython(script, Uint8Array.from(bytes))).toString(), message);
  });
}

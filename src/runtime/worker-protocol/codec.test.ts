import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { hasCode, type JsonValue } from '../../base/index.ts';
import { checkWorkerFrame, createFrameDecoder, encodeFrame } from './codec.ts';
import type { Decoded, WirePart, WorkerFrame } from './frames.ts';

const maxFrameBytes = 100_000;
const fuzz = { seed: 20_261_121, numRuns: 3000 };

function decodeAll(chunks: Iterable<Uint8Array>): Decoded<WorkerFrame>[] {
  const decoded: Decoded<WorkerFrame>[] = [];
  const decoder = createFrameDecoder({ maxFrameBytes, onFrame: (frame) => decoded.push(frame) });
  for (const chunk of chunks) decoder.push(chunk);
  return decoded;
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let offset = 0;
  for (let turn = 0; offset < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

function frameOf(head: string | Buffer, tail: Uint8Array = Buffer.alloc(0)): Buffer {
  const headBytes = Buffer.from(head);
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32BE(4 + headBytes.length + tail.length, 0);
  prefix.writeUInt32BE(headBytes.length, 4);
  return Buffer.concat([prefix, headBytes, tail]);
}

const isBreach = (error: unknown): boolean => hasCode(error, 'WORKER_PROTOCOL');
const breach = (pattern: RegExp) => (error: unknown) => isBreach(error) && pattern.test((error as Error).message);

const file = fc.uint8Array({ maxLength: 300 });
const json = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
const content = fc.oneof(
  fc.record({ text: fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()) }),
  fc.record({ data: json }),
  fc.record({ url: fc.webUrl(), mediaType: fc.constant('text/csv') }),
  file.map((bytes) => ({ bytes: bytes.length, filename: 'f', raw: bytes })),
);

/** Any result frame, with its files. */
const anyFrame = fc.tuple(fc.array(content, { maxLength: 6 }), fc.string()).map(([contents, call]) => {
  const files = contents.flatMap((part) => ('raw' in part ? [part.raw] : []));
  const parts: WirePart[] = contents.map((part) => {
    if (!('raw' in part)) return { ...part };
    return { bytes: part.bytes, filename: part.filename };
  });
  return { frame: { type: 'result', call, as: 'artifact', state: 'completed', parts } as const, files };
});

suite('the frame codec', () => {
  test('frames come out as they went in, however the bytes are cut', () => {
    const property = fc.property(
      fc.array(anyFrame, { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 5 }),
      (frames, sizes) => {
        const wire = Buffer.concat(frames.map(({ frame, files }) => encodeFrame(frame, files)));
        const decoded = decodeAll(cut(wire, sizes));
        assert.deepEqual(
          decoded.map(({ frame, files }) => ({ frame, files: files.map((bytes) => Uint8Array.from(bytes)) })),
          frames.map(({ frame, files }) => ({ frame, files: files.map((bytes) => Uint8Array.from(bytes)) })),
        );
      },
    );
    fc.assert(property, { ...fuzz, numRuns: 1000 });
  });

  test('a frame with flipped bytes is decoded or refused as WORKER_PROTOCOL, never anything else', () => {
    const flips = fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const property = fc.property(
      anyFrame,
      flips,
      fc.integer({ min: 1, max: 400 }),
      ({ frame, files }, changes, size) => {
        const wire = encodeFrame(frame, files);
        for (const [at, value] of changes) wire[at % wire.length] = value;
        assertDecodedOrRefused(cut(wire, [size]));
      },
    );
    fc.assert(property, fuzz);
  });

  test('garbage is refused as WORKER_PROTOCOL or waits for more, never anything else', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 50 }), (bytes, size) => {
      assertDecodedOrRefused(cut(Buffer.from(bytes), [size]));
    });
    fc.assert(property, fuzz);
  });

  test('any JSON as a head is a frame or WORKER_PROTOCOL', () => {
    const types = ['ready', 'load-error', 'event', 'result', 'error', 'log', 'pong', 'toString', '__proto__'];
    const head = fc.tuple(fc.constantFrom(...types), fc.object({ maxDepth: 3 }), fc.anything());
    const property = fc.property(head, ([type, fields, event]) => {
      try {
        checkWorkerFrame({ ...fields, type, event, call: 'c' });
      } catch (error) {
        assert.ok(isBreach(error), String(error));
      }
    });
    fc.assert(property, fuzz);
  });

  test('the callback learns how many bytes a frame took on the wire', () => {
    const wire = encodeFrame({ type: 'pong', id: 7 });
    const sizes: number[] = [];
    const decoder = createFrameDecoder({ maxFrameBytes, onFrame: (_, wireBytes) => sizes.push(wireBytes) });
    decoder.push(Buffer.concat([wire, wire]));
    assert.deepEqual(sizes, [wire.length, wire.length]);
  });

  test('the file of a frame that came in one chunk is not copied', () => {
    const wire = encodeFrame({ type: 'result', call: 'c', as: 'artifact', state: 'completed', parts: [{ bytes: 3 }] }, [
      Uint8Array.of(1, 2, 3),
    ]);
    const [decoded] = decodeAll([wire]);
    assert.equal(decoded?.files[0]?.buffer, wire.buffer);
  });

  test('a frame over the limit is refused as soon as its length is there', () => {
    const prefix = Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 2]);
    assert.throws(() => decodeAll([prefix]), breach(/2147483651 bytes is over the limit of 100000/));
  });

  test('a head longer than its frame is refused', () => {
    assert.throws(() => decodeAll([Buffer.from([0, 0, 0, 5, 0, 0, 0, 9])]), breach(/head of 9 bytes does not fit/));
    assert.throws(() => decodeAll([Buffer.from([0, 0, 0, 0, 0, 0, 0, 0])]), breach(/does not fit/));
  });

  test('a broken connection stays broken', () => {
    const decoder = createFrameDecoder({ maxFrameBytes, onFrame: () => assert.fail('a frame came out') });
    assert.throws(() => decoder.push(frameOf('{nonsense')), breach(/not valid JSON/));
    assert.throws(() => decoder.push(encodeFrame({ type: 'pong', id: 1 })), breach(/not valid JSON/));
  });

  test('files that do not fit what the parts announce are refused', () => {
    const head = { type: 'result', call: 'c', as: 'artifact', state: 'completed', parts: [{ bytes: 4 }] };
    const tooFew = frameOf(JSON.stringify(head), Buffer.alloc(3));
    const tooMany = frameOf(JSON.stringify({ ...head, parts: [] }), Buffer.alloc(1));
    assert.throws(() => decodeAll([tooFew]), breach(/announce 4 bytes of files, 3 follow/));
    assert.throws(() => decodeAll([tooMany]), breach(/announce 0 bytes of files, 1 follow/));
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['an array', '[]', /not a JSON object/],
    ['an unknown type', '{"type":"invoke"}', /no frame of type "invoke"/],
    ['a missing field', '{"type":"pong"}', /field "id" of a pong frame/],
    ['an unknown event', '{"type":"event","call":"c","event":{"kind":"end"}}', /no event of kind "end"/],
    [
      'a wrong field in an event',
      '{"type":"event","call":"c","event":{"kind":"status","parts":[{}]}}',
      /field "parts"/,
    ],
    ['a part of two kinds', resultWith('{"text":"a","url":"b"}'), /field "parts"/],
    ['a negative length of a file', resultWith('{"bytes":-1}'), /field "parts"/],
    ['data that is nested too deep', resultWith(`{"data":${'['.repeat(5000)}${']'.repeat(5000)}}`), /field "parts"/],
  ];
  for (const [what, head, pattern] of refused) {
    test(`${what} is refused, and the error says where`, () => {
      assert.throws(() => decodeAll([frameOf(head)]), breach(pattern));
    });
  }
});

function resultWith(part: string): string {
  return `{"type":"result","call":"c","as":"artifact","state":"completed","parts":[${part}]}`;
}

function assertDecodedOrRefused(chunks: Iterable<Buffer>): void {
  try {
    decodeAll(chunks);
  } catch (error) {
    assert.ok(isBreach(error), String(error));
  }
}

import type { AvroType } from './avro-type.ts';

/** Walks over one value; throws RangeError where the bytes cannot be one. */
type Step = (cursor: Cursor) => void;

interface Cursor {
  readonly bytes: Buffer;
  position: number;
  /** How many values may still be inside one another. */
  depth: number;
  /** How many items that take no bytes may still come. */
  emptyItems: number;
}

const maxDepth = 256;
const maxEmptyItems = 10_000;

/**
 * Looks whether bytes are one value of the type, and nothing behind it, before anything is made of them: a decoder believes
 * counts and lengths, and a count of 2^50 costs nine bytes. Time and depth are bounded by the bytes that are there. Throws
 * RangeError with what is wrong and where.
 */
export function createBytesCheck(type: AvroType): (bytes: Buffer) => void {
  const step = compile(type, new Map());
  return (bytes) => {
    const cursor = { bytes, position: 0, depth: maxDepth, emptyItems: maxEmptyItems };
    step(cursor);
    if (cursor.position < bytes.length) throw new RangeError(`${bytes.length - cursor.position} bytes are left over`);
  };
}

function compile(type: AvroType, made: Map<AvroType, Step>): Step {
  const known = made.get(type);
  if (known !== undefined) return known;
  let inner: Step | undefined;
  // A type that contains itself finds this one, and what it calls once that is made.
  made.set(type, (cursor) => nested(cursor, inner as Step));
  inner = compileKind(type, made);
  return made.get(type) as Step;
}

function compileKind(type: AvroType, made: Map<AvroType, Step>): Step {
  switch (type.kind) {
    case 'null':
      return () => {};
    case 'boolean':
      return skipBoolean;
    case 'int':
    case 'long':
      return (cursor) => void readLong(cursor);
    case 'float':
      return (cursor) => skip(cursor, 4);
    case 'double':
      return (cursor) => skip(cursor, 8);
    case 'bytes':
    case 'string':
      return (cursor) => skip(cursor, readLong(cursor));
    case 'fixed':
      return (cursor) => skip(cursor, type.size);
    case 'enum':
      return (cursor) => void readIndex(cursor, type.symbols.length);
    case 'record':
      return sequence(type.fields.map((field) => compile(field.type, made)));
    case 'array':
      return blocks(compile(type.items, made));
    case 'map':
      return blocks(sequence([skipKey, compile(type.values, made)]));
    case 'union': {
      const branches = type.branches.map((branch) => compile(branch, made));
      return (cursor) => branches[readIndex(cursor, branches.length)]?.(cursor);
    }
  }
}

function nested(cursor: Cursor, inner: Step): void {
  if (cursor.depth-- === 0) throw new RangeError(`values are nested more than ${maxDepth} deep`);
  inner(cursor);
  cursor.depth++;
}

function sequence(steps: readonly Step[]): Step {
  return (cursor) => {
    for (const step of steps) step(cursor);
  };
}

/** Items come in blocks: a count, and behind a negative one the block's size in bytes. */
function blocks(item: Step): Step {
  return (cursor) => {
    for (let count = readLong(cursor); count !== 0; count = readLong(cursor)) {
      const size = count < 0 ? readLong(cursor) : undefined;
      const begin = cursor.position;
      skipItems(cursor, Math.abs(count), item);
      if (size !== undefined && cursor.position - begin !== size)
        throw new RangeError(`a block at byte ${begin} is not as long as it says`);
    }
  };
}

function skipItems(cursor: Cursor, count: number, item: Step): void {
  for (let index = 0; index < count; index++) {
    const begin = cursor.position;
    item(cursor);
    if (cursor.position === begin && cursor.emptyItems-- === 0)
      throw new RangeError(`there are more than ${maxEmptyItems} items without bytes`);
  }
}

function skip(cursor: Cursor, length: number): void {
  const { position, bytes } = cursor;
  if (length < 0 || position + length > bytes.length)
    throw new RangeError(
      `at byte ${position} something of ${length} bytes begins, and there are ${bytes.length - position}`,
    );
  cursor.position = position + length;
}

function skipBoolean(cursor: Cursor): void {
  const { position } = cursor;
  skip(cursor, 1);
  if ((cursor.bytes[position] ?? 0) > 1) throw new RangeError(`the byte ${position} is no boolean`);
}

const prototypeKey = Buffer.from('__proto__');

function skipKey(cursor: Cursor): void {
  const length = readLong(cursor);
  const begin = cursor.position;
  skip(cursor, length);
  if (length === prototypeKey.length && prototypeKey.equals(cursor.bytes.subarray(begin, cursor.position)))
    throw new RangeError('a map has the key "__proto__"');
}

function readIndex(cursor: Cursor, count: number): number {
  const index = readLong(cursor);
  if (index >= 0 && index < count) return index;
  throw new RangeError(
    `before byte ${cursor.position} stands the number ${index}, and there are ${count} to choose from`,
  );
}

/** A number of variable length in zigzag; over 2^53 it is not exact, which is enough to refuse it as a length. */
function readLong(cursor: Cursor): number {
  const { bytes } = cursor;
  let value = 0;
  let scale = 1;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[cursor.position];
    if (byte === undefined) throw new RangeError(`the bytes end within a number, at ${cursor.position}`);
    cursor.position++;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    scale *= 128;
  }
  throw new RangeError(`a number before byte ${cursor.position} has more than ten bytes`);
}

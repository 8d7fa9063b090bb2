import type { Random } from './random.ts';

const maxBytes = 8_192;
const edges = [0, 1, 0x7f, 0x80, 0xff];

/** Inputs that almost fit, and words that a decoder gives a meaning to. */
export interface Corpus {
  readonly seeds: readonly Buffer[];
  readonly words: readonly Buffer[];
}

type Change = (bytes: Buffer, corpus: Corpus, random: Random) => Buffer;

const changes: readonly Change[] = [
  (bytes, _, random) => overwrite(bytes, random, random.next(256)),
  (bytes, _, random) => overwrite(bytes, random, random.pick(edges)),
  (bytes, _, random) => bytes.subarray(0, random.next(bytes.length + 1)),
  (bytes, _, random) => cutOut(bytes, random),
  (bytes, { words }, random) => insert(bytes, random.pick(words), random),
  (bytes, { words }, random) =>
    insert(bytes, Buffer.concat(Array(1 + random.next(60)).fill(random.pick(words))), random),
  (bytes, { seeds }, random) => splice(bytes, random.pick(seeds), random),
  (bytes, _, random) => insert(bytes, slice(bytes, random), random),
];

/** One of the seeds, changed one to six times. Never longer than 8 kB. */
export function mutate(corpus: Corpus, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(random.pick(corpus.seeds));
  for (let count = 1 + random.next(6); count > 0; count--) bytes = random.pick(changes)(bytes, corpus, random);
  return bytes.subarray(0, maxBytes);
}

function overwrite(bytes: Buffer, random: Random, value: number): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[random.next(copy.length)] = value;
  return copy;
}

function slice(bytes: Buffer, random: Random): Buffer {
  const from = random.next(bytes.length + 1);
  return bytes.subarray(from, from + random.next(bytes.length - from + 1));
}

function cutOut(bytes: Buffer, random: Random): Buffer {
  const from = random.next(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random.next(40))]);
}

function insert(bytes: Buffer, inserted: Buffer, random: Random): Buffer {
  const at = random.next(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
}

function splice(bytes: Buffer, other: Buffer, random: Random): Buffer {
  const tail = other.subarray(random.next(other.length + 1));
  return Buffer.concat([bytes.subarray(0, random.next(bytes.length + 1)), tail]);
}

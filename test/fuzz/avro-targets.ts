import { createEmbeddedRegistry, createRecordCodec, readOwnSubjects } from '../../src/log/schema/index.ts';
import { parseSchema } from '../../src/log/schema/parse-schema.ts';
import type { Target } from './targets.ts';

const tree = JSON.stringify({
  type: 'record',
  name: 'Tree',
  fields: [
    { name: 'items', type: { type: 'array', items: ['null', 'Tree', 'string'] } },
    { name: 'tags', type: { type: 'map', values: { type: 'array', items: 'null' } } },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 4 } },
    { name: 'rest', type: ['null', 'bytes', 'long', 'double'], default: null },
  ],
});
const grown = tree.replace('"name":"rest"', '"name":"more","type":"string","default":""},{"name":"rest"');

const schemas = [...readOwnSubjects().map(({ schema }) => schema), tree];
const records: string[] = [];
const registry = createEmbeddedRegistry({
  read: async (after) => records.slice(after),
  append: async (_after, added) => void records.push(...added),
});
const codec = createRecordCodec(registry);

const leaf = { items: [], tags: {}, kind: 'A', hash: Buffer.from('abcd'), rest: null };
const values = [
  { task_id: 't', requester_id: 'r', description: 'd', proposed_cost: 7.5, priority: 1, timestamp: 1_700_000_000_000 },
  { task_id: 't', responder_id: 'r', status: 'RUNNING', counter_offer: null, message: 'm', timestamp: 1 },
  {
    task_id: 't',
    sender_id: 's',
    receiver_id: 'r',
    negotiation_round: 2,
    offer: 1,
    approved: true,
    message: null,
    timestamp: 1,
  },
  {
    ...leaf,
    items: [null, leaf, 'x'],
    tags: { a: [null, null] },
    rest: { bytes: Buffer.from('b') },
  },
];
const seeds = await Promise.all(
  schemas.map(async (schema, index) => (await codec.encoderFor(`s${index}`, schema)).encode(values[index])),
);
const words = [
  '00',
  '01',
  'ff',
  'ffffffffffffffffff01',
  '80808080808080808002',
  '02',
  '7fffffff',
  '095f5f70726f746f5f5f',
];

/** Messages of the log: framed, and as the original writes them; read as they are, and as a newer schema. */
const messages: Target = {
  name: 'Avro messages',
  codes: ['RECORD_INVALID', 'NOT_FOUND'],
  corpus: {
    seeds: [...seeds, ...seeds.map((seed) => seed.subarray(5))],
    words: words.map((word) => Buffer.from(word, 'hex')),
  },
  async decode(bytes) {
    const { schemaId } = await codec.decode(bytes, { headerless: tree });
    if (schemaId === 4 || schemaId === undefined) await codec.decode(bytes, { headerless: tree, reader: grown });
  },
};

const signs = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  'null',
  '"type"',
  '"record"',
  '"fields"',
  '"name"',
  '"default"',
  '"union"',
  'Tree',
  '1e9',
  '-1',
  '.',
];

/** Schemas that somebody wants to register. */
const avroSchemas: Target = {
  name: 'Avro schemas',
  codes: ['SCHEMA_INVALID'],
  corpus: { seeds: schemas.map((schema) => Buffer.from(schema)), words: signs.map((sign) => Buffer.from(sign)) },
  decode: (bytes) => parseSchema(bytes.toString('utf8')),
};

/** The decoders of what the log carries. */
export const avroTargets: readonly Target[] = [messages, avroSchemas];

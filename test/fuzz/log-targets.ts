import { ParleyError } from '../../src/base/index.ts';
import { createEmbeddedRegistry, createRegistryRest, type RegistryRest } from '../../src/log/schema/index.ts';
import { award, createTestRegistry, request, response, round } from '../../src/market/market.fixture.ts';
import { createMarketCodec } from '../../src/market/wire/market-codec.ts';
import { marketTopics } from '../../src/market/wire/records.ts';
import type { Target } from './targets.ts';

const framed = createMarketCodec({ registry: createTestRegistry(), wire: 'confluent' });
const bare = createMarketCodec({ registry: createTestRegistry(), wire: 'raw' });
const messages = [
  request({ maxRounds: 3, budget: 80, input: '[{"text":"x"}]' }),
  response('p', 'RUNNING', { counterOffer: 1.5, message: 'm', progress: 0.5 }),
  round('p', 'req', { offer: 5 }),
  award(1, 'p', { price: 7 }),
];

/** As the original's Python writes it: no head, its own fields only. */
const original = Buffer.from(
  '06742d31126167656e742d303031325465737420646174612070726f63657373696e67207461736b020000000000c052400480a0abfef962',
  'hex',
);

const marketRecords: Target = {
  name: 'market records',
  codes: ['RECORD_INVALID', 'NOT_FOUND', 'SCHEMA_INCOMPATIBLE'],
  corpus: {
    seeds: [
      original,
      ...(await Promise.all(messages.map((message) => framed.encode(message)))),
      ...(await Promise.all(messages.map((message) => bare.encode(message)))),
    ],
    words: ['00', '01', 'ff', 'ffffffffffffffffff01', '80808080808080808002', '000000f87f', '7fffffff'].map((word) =>
      Buffer.from(word, 'hex'),
    ),
  },
  decode: (bytes) => framed.decode(marketTopics[bytes.length % marketTopics.length] ?? 'task-requests', bytes),
};

const schema = JSON.stringify({ type: 'record', name: 'Job', fields: [{ name: 'a', type: 'int', default: 1 }] });
const requests = [
  'GET /subjects',
  'GET /subjects/s-value/versions/latest',
  'GET /schemas/ids/1?subject=s-value',
  'GET /config/s-value?defaultToGlobal=true',
  'DELETE /subjects/s-value/versions/1?permanent=true',
  `PUT /config/s-value\n{"compatibility":"FULL"}`,
  `PUT /mode\n{"mode":"READONLY"}`,
  `POST /subjects/s-value\n${JSON.stringify({ schema })}`,
  `POST /subjects/s-value/versions?normalize=true\n${JSON.stringify({ schema, references: [] })}`,
  `POST /compatibility/subjects/s-value/versions/latest?verbose=true\n${JSON.stringify({ schema })}`,
];

/** A registry that has seen so many requests gives way to a new one: what they register may stay as long as it does. */
const requestsOfOne = 500;

let served = 0;
let rest: RegistryRest;

async function nextRest(): Promise<RegistryRest> {
  if (served++ % requestsOfOne !== 0) return rest;
  const kept: string[] = [];
  const registry = createEmbeddedRegistry({
    read: async (after) => kept.slice(after),
    append: async (_after, added) => void kept.push(...added),
  });
  await registry.register('s-value', schema);
  rest = createRegistryRest(registry);
  return rest;
}

const registryRequests: Target = {
  name: 'schema registry requests',
  codes: ['INVALID_PARAMS'],
  corpus: {
    seeds: requests.map((line) => Buffer.from(line)),
    words: [
      '/',
      '%2F',
      '%',
      '?',
      '&',
      '=',
      '-1',
      '1e9',
      'latest',
      '{',
      '}',
      '[',
      '"',
      '\\u0000',
      '__proto__',
      ':.:',
      '\n',
    ].map((word) => Buffer.from(word)),
  },
  async decode(bytes) {
    const [line = '', ...body] = bytes.toString('utf8').split('\n');
    const [method = '', target = ''] = line.split(' ');
    const [path = '', query = ''] = target.split('?');
    const call = { method, path, query: new URLSearchParams(query), body: body.join('\n') };
    const { status } = await (await nextRest()).handle(call);
    // What is beyond is a defect of ours: it is not among the codes.
    if (status >= 500) throw new ParleyError('INTERNAL', `It answered with ${status}.`);
    if (status >= 400) throw new ParleyError('INVALID_PARAMS', `It answered with ${status}.`);
  },
};

/** What travels over the log and its registry: the market's records, and requests to the registry. */
export const logTargets: readonly Target[] = [marketRecords, registryRequests];

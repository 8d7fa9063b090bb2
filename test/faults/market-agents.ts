import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePackage } from './runtime-fixture.ts';

/** One line of the executors' own file: work that was begun, or the end of it. */
export interface WorkNote {
  readonly what: 'begin' | 'end';
  /** What the request was about. */
  readonly work: string;
  readonly agent: string;
  readonly pid: number;
}

/** Agents that take part in the market and write down what they do, in a file that they only append to. */
export interface MarketAgents {
  /** Package folders. */
  readonly folders: readonly string[];
  notes(): readonly WorkNote[];
}

export interface MarketAgentOptions {
  readonly executors: number;
  /** Each of them bids for work itself, too, and does what it is awarded; at this price times its number. */
  readonly price?: number;
  readonly idempotent?: boolean;
}

/** A provider, `bidder`, unless the executors bid themselves, and the executors `hand-1`, `hand-2`, … with what they write. */
export async function writeMarketAgents(folder: string, options: MarketAgentOptions): Promise<MarketAgents> {
  const file = join(folder, 'work.jsonl');
  // Where the node is root, its workers are other users.
  writeFileSync(file, '');
  chmodSync(file, 0o666);
  chmodSync(folder, 0o711);
  const hands = Array.from({ length: options.executors }, (_, index) => index + 1);
  const files = hands.map((n) => writePackage(folder, `hand-${n}`, handFiles(n, file, options)));
  const bidder = options.price === undefined ? [writePackage(folder, 'bidder', bidderFiles())] : [];
  const sources = await Promise.all([...bidder, ...files]);
  return { folders: sources.map(({ path }) => path), notes: () => readNotes(file) };
}

/** Work that was begun more than once, with who began it. */
export function begunTwice(notes: readonly WorkNote[]): readonly string[] {
  const begun = Map.groupBy(
    notes.filter(({ what }) => what === 'begin'),
    ({ work }) => work,
  );
  return [...begun].flatMap(([work, by]) =>
    by.length > 1 ? [`${work}: ${by.map(({ agent, pid }) => `${agent}/${pid}`)}`] : [],
  );
}

function readNotes(file: string): readonly WorkNote[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as WorkNote);
}

function bidderFiles(): Readonly<Record<string, string>> {
  const manifest = `
name: bidder
version: 1.0.0
runtime: node24
market: { provider: { price: 10 } }
exports: [{ name: terms, handler: agent.terms }]
`;
  return { 'agent.yaml': manifest, 'agent.js': `export const terms = () => 'ten';\n` };
}

function handFiles(n: number, file: string, { price, idempotent = false }: MarketAgentOptions): Record<string, string> {
  const provider = price === undefined ? '' : `provider: { price: ${price * n}, executes: true }, `;
  const manifest = `
name: hand-${n}
version: 1.0.0
runtime: node24
idempotent: ${idempotent}
market: { ${provider}executor: { concurrency: 2${price === undefined ? '' : ', own: true'} } }
exports: [{ name: work, handler: agent.work }]
`;
  const code = `
import { existsSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const file = openSync(${JSON.stringify(file)}, 'a');
function note(what, work) {
  writeSync(file, JSON.stringify({ what, work, agent: 'hand-${n}', pid: process.pid }) + '\\n');
  fsyncSync(file);
}

export async function work({ work, ms = 20, gate }, { signal }) {
  note('begin', work);
  await setTimeout(ms, undefined, { signal });
  while (gate && !existsSync(gate)) await setTimeout(10, undefined, { signal });
  note('end', work);
  return { work, by: 'hand-${n}' };
}
`;
  return { 'agent.yaml': manifest, 'agent.js': code };
}

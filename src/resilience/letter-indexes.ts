import type { IndexEntry, Query } from '../store/index.ts';
import type { DeadLetter } from './letter.ts';

/** Which dead letters; all that is given must fit. */
export interface DeadLetterFilter {
  readonly agentId?: string | undefined;
  readonly code?: string | undefined;
  /** Of records that this group did not manage. */
  readonly group?: string | undefined;
  /** Of records of this topic. */
  readonly topic?: string | undefined;
  /** Failed at this time or later. */
  readonly sinceMs?: number | undefined;
}

/** What letters are found by: each of these, and any of them together. */
const facets = ['agent', 'code', 'group', 'topic'] as const;

type Facet = (typeof facets)[number];
type Facets = { readonly [Name in Facet]?: string | undefined };

/** Of those that wait for their group to handle them again, in the order of their offsets. */
export const redrivingIndex = 'redriving';

const everySet: readonly (readonly Facet[])[] = Array.from({ length: 2 ** facets.length }, (_, bits) =>
  facets.filter((_facet, place) => (bits >> place) % 2 === 1),
);

/** All indexes that letters are in. */
export const letterIndexes: readonly string[] = [...everySet.map(nameOf), redrivingIndex];

/** What the letter is found by, in the order of the failures. */
export function indexesOf(letter: DeadLetter): Record<string, IndexEntry> {
  const sort = sortableTime(letter.failedAtMs);
  const known = facetsOf(letter);
  const fitting = everySet.filter((set) => set.every((facet) => known[facet] !== undefined));
  const entries = fitting.map((set) => [nameOf(set), { equals: join(set, known), sort }]);
  return { ...Object.fromEntries(entries), ...redrivingEntry(letter) };
}

/** The index that answers the filter. */
export function chooseIndex({ agentId, code, group, topic }: DeadLetterFilter): Pick<Query, 'index' | 'equals'> {
  const wanted: Facets = { agent: agentId, code, group, topic };
  const set = facets.filter((facet) => wanted[facet] !== undefined);
  return { index: nameOf(set), equals: join(set, wanted) };
}

/** Ms since the epoch as text of a fixed width, so that text order is time order. */
export function sortableTime(ms: number): string {
  return ms.toString().padStart(15, '0');
}

function facetsOf(letter: DeadLetter): Facets {
  const { agentId: agent, code } = letter;
  return letter.kind === 'call' ? { agent, code } : { agent, code, group: letter.group, topic: letter.topic };
}

function redrivingEntry(letter: DeadLetter): Record<string, IndexEntry> {
  if (letter.kind === 'call' || !letter.isRedriving) return {};
  const { group, topic, partition, offset } = letter;
  const sort = `${topic}\n${String(partition).padStart(4, '0')}\n${String(offset).padStart(16, '0')}`;
  return { [redrivingIndex]: { equals: group, sort } };
}

/** As `agentCode`; of nothing: `all`. */
function nameOf(set: readonly Facet[]): string {
  const [first = 'all', ...rest] = set;
  return first + rest.map((facet) => facet[0]?.toUpperCase() + facet.slice(1)).join('');
}

/** Values are joined with a character that ids and names never hold. */
function join(set: readonly Facet[], values: Facets): string {
  return set.map((facet) => values[facet]).join('\n');
}

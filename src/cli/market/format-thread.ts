import type { NegotiationThreadView } from '../../control/index.ts';
import { formatTime } from '../format.ts';
import { formatTable } from '../table.ts';

type Entry = NegotiationThreadView['records'][number];

/** The records of a negotiation as a table: by time, and what answers behind what it answers. */
export function formatThread(records: readonly Entry[]): string {
  const depths = depthsOf(records);
  const depthOf = ({ recordId }: Entry): number => depths.get(recordId) ?? 0;
  const sorted = records.toSorted((one, other) => one.atMs - other.atMs || depthOf(one) - depthOf(other));
  const rows = sorted.map((entry) => {
    return [formatTime(entry.atMs), entry.topic, entry.actorId, placeOf(entry), signatureOf(entry), sayOf(entry)];
  });
  return formatTable(['TIME', 'TOPIC', 'FROM', 'PLACE', 'SIGNED', 'SAYS'], rows);
}

/** How many records lead to each. */
function depthsOf(records: readonly Entry[]): ReadonlyMap<string, number> {
  const causes = new Map(records.map(({ recordId, causationId }) => [recordId, causationId]));
  return new Map(
    records.map(({ recordId }) => {
      let depth = 0;
      // Strangers may write causes that lead in a circle.
      for (let id = causes.get(recordId); id !== undefined && depth < records.length; id = causes.get(id)) depth++;
      return [recordId, depth];
    }),
  );
}

function placeOf({ partition, offset }: Entry): string {
  return offset === undefined ? 'to be sent' : `${partition}:${offset}`;
}

function signatureOf({ isVerified }: Entry): string {
  return isVerified ? 'yes' : 'no';
}

/** Said beside it in each row, or the same in all. */
const untold: ReadonlySet<string> = new Set(['taskId', 'timestamp', 'requesterId', 'responderId', 'senderId']);

/** What of the value says something: names and values. */
function sayOf({ value }: Entry): string {
  return Object.entries(value)
    .filter(([name, said]) => !untold.has(name) && isSaid(said))
    .map(([name, said]) => `${name}=${shorten(typeof said === 'string' ? said : JSON.stringify(said))}`)
    .join(' ');
}

function isSaid(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false) return false;
  return !Array.isArray(value) || value.length > 0;
}

function shorten(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

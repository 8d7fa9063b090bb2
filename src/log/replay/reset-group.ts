import { type Clock, deferred, ParleyError, withTimeout } from '../../base/index.ts';
import { topicNotFound } from '../check-input.ts';
import type { Log, TopicDescription } from '../port.ts';
import { wantedRanges } from '../wanted-ranges.ts';

/** Where a group is to go on. */
export interface GroupReset {
  readonly group: string;
  readonly topic: string;
  /** Only this partition; default: all. */
  readonly partition?: number | undefined;
  /** The first record of this time or later; ms since the epoch. Neither this nor `offset`: the oldest record. */
  readonly sinceMs?: number | undefined;
  readonly offset?: number | undefined;
  /** Says what would be, and changes nothing. */
  readonly isDry: boolean;
}

/** What the reset means for one partition. */
export interface GroupMove {
  readonly partition: number;
  /** Where the group was; undefined: it had never committed. */
  readonly from: number | undefined;
  readonly to: number;
  /** Records that the group gets from there on, those that are published later aside. */
  readonly pending: number;
}

type ResetLog = Pick<Log, 'describeTopic' | 'describeGroup' | 'read' | 'join'>;

/** How long a place in the group is waited for: a member that died is missed within it. */
const joinTimeoutMs = 20_000;

/**
 * Sets a group back, or forward, as a member of it: it must have no other members at work, or CONFLICT says so after some seconds and
 * nothing was changed. NOT_FOUND; INVALID_PARAMS.
 */
export async function resetGroup(log: ResetLog, reset: GroupReset, clock: Clock): Promise<readonly GroupMove[]> {
  const { topic, group, isDry } = reset;
  const described = await log.describeTopic(topic);
  if (described === undefined) throw topicNotFound(topic);
  const moves = await planMoves(log, reset, described);
  if (!isDry) await withAllPartitions({ log, group, described, clock }, moves);
  return moves;
}

async function planMoves(
  log: ResetLog,
  { topic, group, partition, sinceMs, offset }: GroupReset,
  described: TopicDescription,
): Promise<readonly GroupMove[]> {
  if (sinceMs !== undefined && offset !== undefined)
    throw new ParleyError('INVALID_PARAMS', 'A group is set to a time or to an offset, not to both. Leave one out.');
  const positions = await log.describeGroup(group, topic);
  const wanted = wantedRanges(described, partition);
  return await Promise.all(
    wanted.map(async ({ partition: number, beginOffset, endOffset }) => {
      const asked = sinceMs === undefined ? (offset ?? beginOffset) : await offsetAt(log, topic, number, sinceMs);
      const to = Math.min(Math.max(asked ?? endOffset, beginOffset), endOffset);
      const from = positions.find((position) => position.partition === number)?.committed;
      return { partition: number, from, to, pending: endOffset - to };
    }),
  );
}

async function offsetAt(log: ResetLog, topic: string, partition: number, sinceMs: number): Promise<number | undefined> {
  const { records } = await log.read({ topic, partition, sinceMs, limit: 1 });
  return records[0]?.offset;
}

interface Joining {
  readonly log: ResetLog;
  readonly group: string;
  readonly described: TopicDescription;
  readonly clock: Clock;
}

async function withAllPartitions(
  { log, group, described, clock }: Joining,
  moves: readonly GroupMove[],
): Promise<void> {
  const { name: topic } = described;
  const held = new Set<number>();
  const complete = deferred<true>();
  const left = deferred<void>();
  const membership = await log.join({
    ...{ group, topics: [topic], maxBatch: 1 },
    onAssigned({ partition }) {
      held.add(partition);
      if (moves.every((move) => held.has(move.partition))) complete.resolve(true);
    },
    onRecords: () => left.promise,
    async onRevoked({ partition }) {
      held.delete(partition);
    },
  });
  try {
    const isAlone = moves.length === 0 || (await withTimeout(clock, complete.promise, joinTimeoutMs));
    if (isAlone !== true) throw othersAtWork(group, topic);
    for (const { partition, to } of moves) await membership.commit({ topic, partition, offset: to });
  } finally {
    left.resolve();
    await membership.leave();
  }
}

function othersAtWork(group: string, topic: string): ParleyError {
  const message = `Group ${group} stays where it is in ${topic}: it has members at work. Stop them, and try again.`;
  return new ParleyError('CONFLICT', message, { details: { group, topic } });
}

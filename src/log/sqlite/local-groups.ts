import { type Clock, createId, type Logger } from '../../base/index.ts';
import { assignPartitions } from '../groups/assign-partitions.ts';
import { MemberSession } from '../groups/member-session.ts';
import type { FeedSource } from '../groups/partition-feed.ts';
import type { GroupMember, TopicPartition } from '../port.ts';

export interface LocalGroupsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sourceOf: (group: string) => FeedSource;
  readonly partitionsOf: (topic: string) => number;
  /** Where the group goes on in the partition. */
  readonly startOffset: (member: GroupMember, place: TopicPartition) => Promise<number>;
}

const revokeTimeoutMs = 10_000;

/** One group's members in this process, the only one that has the file. */
interface Group {
  readonly sessions: Map<string, MemberSession>;
  /** Changes of owners, one after the other. */
  changes: Promise<void>;
}

/** Shares the partitions out between the members of each group. */
export class LocalGroups {
  readonly #options: LocalGroupsOptions;
  readonly #groups = new Map<string, Group>();

  constructor(options: LocalGroupsOptions) {
    this.#options = options;
  }

  /** Resolves when the member has its partitions; the returned function gives them back. */
  async join(member: GroupMember): Promise<{ readonly session: MemberSession; leave(): Promise<void> }> {
    const { clock, logger, sourceOf } = this.#options;
    const group = this.#group(member.group);
    const session = new MemberSession({ member, source: sourceOf(member.group), clock, logger, revokeTimeoutMs });
    const id = createId();
    group.sessions.set(id, session);
    await this.#rebalance(group);
    return { session, leave: () => this.#leave(group, id, session) };
  }

  /** The topic has more partitions. */
  async topicChanged(topic: string): Promise<void> {
    const concerned = [...this.#groups.values()].filter(({ sessions }) => {
      return [...sessions.values()].some(({ member }) => member.topics.includes(topic));
    });
    await Promise.all(concerned.map((group) => this.#rebalance(group)));
  }

  async close(): Promise<void> {
    const groups = [...this.#groups.values()];
    await Promise.all(
      groups.flatMap((group) => [...group.sessions].map(([id, session]) => this.#leave(group, id, session))),
    );
  }

  async #leave(group: Group, id: string, session: MemberSession): Promise<void> {
    if (!group.sessions.delete(id)) return;
    group.changes = group.changes.then(() => session.revokeAll());
    await this.#rebalance(group);
  }

  #group(name: string): Group {
    const group = this.#groups.get(name) ?? { sessions: new Map(), changes: Promise.resolve() };
    this.#groups.set(name, group);
    return group;
  }

  #rebalance(group: Group): Promise<void> {
    const change = group.changes.then(() => this.#shareOut(group.sessions));
    group.changes = change.catch(() => {});
    return change;
  }

  /** Everybody lets go of what goes to somebody else, and only then is it taken. */
  async #shareOut(sessions: ReadonlyMap<string, MemberSession>): Promise<void> {
    const seats = [...sessions].map(([id, { member }]) => ({ id, topics: member.topics }));
    const topics = new Set(seats.flatMap((seat) => seat.topics));
    const counts = new Map([...topics].map((topic) => [topic, this.#options.partitionsOf(topic)]));
    const assigned = assignPartitions(seats, counts);
    const shares = [...sessions].map(([id, session]) => ({ session, wanted: assigned.get(id) ?? [] }));
    await Promise.all(
      shares.map(async ({ session, wanted }) => {
        const leaving = session.places.filter((place) => !includes(wanted, place));
        await Promise.all(leaving.map((place) => session.revoke(place, false)));
      }),
    );
    for (const { session, wanted } of shares) {
      for (const place of wanted) if (!session.has(place)) await this.#hand(session, place);
    }
  }

  async #hand(session: MemberSession, place: TopicPartition): Promise<void> {
    session.assign(place, await this.#options.startOffset(session.member, place));
  }
}

function includes(places: readonly TopicPartition[], { topic, partition }: TopicPartition): boolean {
  return places.some((place) => place.topic === topic && place.partition === partition);
}

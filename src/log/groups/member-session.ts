import { type Clock, type Logger, withTimeout } from '../../base/index.ts';
import type { GroupMember, TopicPartition } from '../port.ts';
import { type FeedSource, feedPartition } from './partition-feed.ts';

export interface MemberSessionOptions {
  readonly member: GroupMember;
  readonly source: FeedSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** So long a partition that is to go is waited for. */
  readonly revokeTimeoutMs: number;
}

interface Held {
  readonly place: TopicPartition;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** The partitions that one member has, each with what feeds it. Who owns what is decided elsewhere. */
export class MemberSession {
  readonly #options: MemberSessionOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: MemberSessionOptions) {
    this.#options = options;
  }

  get member(): GroupMember {
    return this.#options.member;
  }

  get places(): readonly TopicPartition[] {
    return [...this.#held.values()].map(({ place }) => place);
  }

  has(place: TopicPartition): boolean {
    return this.#held.has(nameOf(place));
  }

  /** Begins to hand out the partition's records, from the offset on. */
  assign(place: TopicPartition, offset: number): void {
    const { member, source, clock, logger } = this.#options;
    const stop = new AbortController();
    member.onAssigned(place);
    const ended = feedPartition({ place, offset, member, source, signal: stop.signal, clock, logger });
    this.#held.set(nameOf(place), { place, stop, ended });
  }

  /** Resolves when the member has let go of the partition, or has not for too long. */
  async revoke(place: TopicPartition, isLost: boolean): Promise<void> {
    const held = this.#held.get(nameOf(place));
    if (held === undefined) return;
    const { member, clock, revokeTimeoutMs, logger } = this.#options;
    held.stop.abort();
    const released = Promise.all([held.ended, member.onRevoked(place, isLost)]).then(() => true);
    const isReleased = await withTimeout(clock, released, revokeTimeoutMs);
    // Until here its commits are taken.
    this.#held.delete(nameOf(place));
    if (!isReleased)
      logger.warn('A member was slow to let go of a partition; another one goes on with it.', { ...place });
  }

  /** Gives all partitions back. */
  async revokeAll(): Promise<void> {
    await Promise.all(this.places.map((place) => this.revoke(place, false)));
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

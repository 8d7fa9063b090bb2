import { type Clock, type Logger, ParleyError, withTimeout } from '../../base/index.ts';
import type { RedisClient } from '../../drivers/redis/index.ts';
import { assignPartitions } from '../groups/assign-partitions.ts';
import { MemberSession } from '../groups/member-session.ts';
import type { FeedSource } from '../groups/partition-feed.ts';
import type { GroupMember, Membership, RecordPlace, TopicPartition } from '../port.ts';
import type { GroupClient } from './group-client.ts';
import type { LogKeys } from './keys.ts';
import type { TopicBook } from './topic-book.ts';
import { openWaker, type Waker } from './wakers.ts';

export interface RedisSeatOptions {
  readonly id: string;
  readonly member: GroupMember;
  readonly client: GroupClient;
  readonly redis: RedisClient;
  readonly keys: LogKeys;
  readonly topics: TopicBook;
  readonly read: FeedSource['read'];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sessionMs: number;
}

/** One member of a group: beats, takes what falls to it when its owner has let go or died, and lets go of what falls to others. */
export class RedisSeat implements Membership {
  readonly #options: RedisSeatOptions;
  readonly #session: MemberSession;
  readonly #wakers = new Map<string, Waker>();
  readonly #left = new AbortController();
  #changes: Waker | undefined;
  #loop: Promise<void> = Promise.resolve();
  #heardAtMs: number;
  #leaving: Promise<void> | undefined;

  constructor(options: RedisSeatOptions) {
    this.#options = options;
    this.#heardAtMs = options.clock.now();
    const { member, clock, logger, sessionMs: revokeTimeoutMs } = options;
    this.#session = new MemberSession({ member, source: this.#source(), clock, logger, revokeTimeoutMs });
  }

  /** Resolves when the member has what is free of its share. */
  async open(): Promise<void> {
    const { redis, keys, member } = this.#options;
    this.#changes = await openWaker(redis, keys.members(member.group));
    await this.#beat();
    this.#loop = this.#keepBeating();
  }

  async commit(place: RecordPlace): Promise<void> {
    if (this.#session.has(place) && (await this.#options.client.commit(place))) return;
    const { group } = this.#options.member;
    throw new ParleyError(
      'FENCED',
      `Partition ${place.partition} of ${place.topic} belongs to another member of ${group}.`,
    );
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.#left.abort();
    await this.#loop;
    await Promise.all(this.#session.places.map((place) => this.#letGo(place)));
    this.#changes?.close();
    // Who cannot say so is missed before long.
    await this.#options.client.leave().catch(() => {});
  }

  async #keepBeating(): Promise<void> {
    const { clock, sessionMs } = this.#options;
    while (!this.#left.signal.aborted) {
      await withTimeout(clock, this.#changes?.wait(this.#left.signal) ?? Promise.resolve(), sessionMs / 3);
      if (!this.#left.signal.aborted) await this.#beat().catch((thrown: unknown) => this.#missBeat(thrown));
    }
  }

  async #missBeat(thrown: unknown): Promise<void> {
    const { clock, logger, sessionMs, member } = this.#options;
    const { code, message } = ParleyError.from(thrown);
    logger.warn('A member of a group could not say that it is there.', { group: member.group, code, reason: message });
    if (clock.now() - this.#heardAtMs < sessionMs) return;
    await Promise.all(this.#session.places.map((place) => this.#lose(place)));
  }

  async #beat(): Promise<void> {
    const { client, member, clock } = this.#options;
    const askedAtMs = clock.now();
    const seats = await client.beat(member.topics);
    const wanted = await this.#share(seats);
    await this.#keep(wanted);
    this.#heardAtMs = askedAtMs;
    for (const place of wanted) if (!this.#session.has(place)) await this.#take(place);
  }

  /** What of all topics falls to this member. */
  async #share(seats: Parameters<typeof assignPartitions>[0]): Promise<readonly TopicPartition[]> {
    const { topics, id } = this.#options;
    const names = [...new Set(seats.flatMap((seat) => seat.topics))];
    const found = await Promise.all(names.map((name) => topics.refresh(name)));
    return assignPartitions(seats, new Map(found.map(({ name, partitions }) => [name, partitions]))).get(id) ?? [];
  }

  async #keep(wanted: readonly TopicPartition[]): Promise<void> {
    await Promise.all(
      this.#session.places.map(async (place) => {
        if (!(await this.#options.client.renew(place))) await this.#lose(place);
        else if (!wanted.some((other) => isSame(place, other))) await this.#letGo(place);
      }),
    );
  }

  async #take(place: TopicPartition): Promise<void> {
    const { client, redis, keys, member } = this.#options;
    const offset = await client.claim(place, member.from);
    if (offset === undefined) return;
    this.#wakers.set(nameOf(place), await openWaker(redis, keys.stream(place)));
    this.#session.assign(place, offset);
  }

  async #letGo(place: TopicPartition): Promise<void> {
    const { client, redis, keys, member } = this.#options;
    await this.#session.revoke(place, false);
    this.#closeWaker(place);
    try {
      await client.release(place);
      await redis.command('publish', keys.members(member.group), '');
    } catch {
      // Then it is free when the session ends.
    }
  }

  async #lose(place: TopicPartition): Promise<void> {
    await this.#session.revoke(place, true);
    this.#closeWaker(place);
  }

  #closeWaker(place: TopicPartition): void {
    this.#wakers.get(nameOf(place))?.close();
    this.#wakers.delete(nameOf(place));
  }

  #source(): FeedSource {
    const { topics, client, read } = this.#options;
    return {
      read,
      readableUntil: async ({ topic, partition }) => client.readableUntil(await topics.require(topic), partition),
      untilMore: async (place, signal) => this.#wakers.get(nameOf(place))?.wait(signal),
    };
  }
}

function isSame(one: TopicPartition, other: TopicPartition): boolean {
  return one.topic === other.topic && one.partition === other.partition;
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

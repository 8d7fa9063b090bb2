import { computeBackoffMs, sleep, systemClock } from '../../base/index.ts';
import { notOurs } from './commit-lane.ts';
import { GroupSession } from './group-session.ts';
import { fromKafkaError } from './kafka-error.ts';
import type { Driver } from './library.ts';
import type { KafkaMember, KafkaPlace, KafkaSeat } from './port.ts';

const backoff = { baseMs: 200, multiplier: 2, maxMs: 5_000 };

/** A place in a group that outlives its sessions: when one ends, the next begins, for as long as it takes. */
export class GroupSeat implements KafkaSeat {
  readonly #driver: Driver;
  readonly #member: KafkaMember;
  readonly #onLeft: () => void;
  readonly #leaving = new AbortController();
  #session: GroupSession | undefined;
  #attendance: Promise<void> = Promise.resolve();

  private constructor(driver: Driver, member: KafkaMember, onLeft: () => void) {
    this.#driver = driver;
    this.#member = member;
    this.#onLeft = onLeft;
  }

  /** The first session must begin; what keeps it from that is thrown. */
  static async open(driver: Driver, member: KafkaMember, onLeft: (seat: GroupSeat) => void): Promise<GroupSeat> {
    const seat: GroupSeat = new GroupSeat(driver, member, () => onLeft(seat));
    await seat.#begin();
    seat.#attendance = seat.#attend();
    return seat;
  }

  commit(place: KafkaPlace): Promise<void> {
    return this.#session?.commit(place) ?? Promise.reject(notOurs(place));
  }

  async leave(): Promise<void> {
    if (!this.#leaving.signal.aborted) {
      this.#leaving.abort();
      await this.#session?.leave();
      this.#onLeft();
    }
    await this.#attendance;
  }

  async #begin(): Promise<void> {
    const session = new GroupSession(this.#driver, this.#member);
    // Before it opens: its first partitions may be handed out before `open` has resolved.
    this.#session = session;
    try {
      await session.open();
    } catch (thrown) {
      this.#session = undefined;
      throw thrown;
    }
  }

  async #attend(): Promise<void> {
    const { signal } = this.#leaving;
    while (!signal.aborted) {
      const reason = await this.#session?.ended;
      if (signal.aborted) return;
      this.#warn('A place in a group was lost and is taken again', reason);
      await this.#session?.abandon();
      this.#session = undefined;
      await this.#beginAgain(signal);
    }
  }

  async #beginAgain(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await sleep(systemClock, computeBackoffMs(backoff, attempt), signal);
        return await this.#begin();
      } catch (thrown) {
        if (!signal.aborted) this.#warn('A group could not be joined', thrown);
      }
    }
  }

  #warn(message: string, thrown: unknown): void {
    const { message: reason } = fromKafkaError(thrown, this.#driver.target);
    this.#driver.options.logger.warn(message, { group: this.#member.group, reason });
  }
}

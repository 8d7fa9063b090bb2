import { type Clock, type Logger, ParleyError, sleep } from '../../base/index.ts';
import { ensureTopic, type GroupSubscriber, type Log, type LogRecord, type Subscription } from '../../log/index.ts';
import type { Store } from '../../store/index.ts';
import { marketAgentId } from '../collections.ts';
import { marketTopics } from '../wire/records.ts';
import { groupOf } from './group-of.ts';

export interface MarketGroupsOptions {
  /** May fail, and is asked again. */
  readonly log: () => Promise<Log>;
  readonly subscribe: GroupSubscriber;
  /** Whose nodes read as one group. */
  readonly store: Pick<Store, 'get' | 'commit'>;
  /** A record has come, of any of the market's topics; what rejects comes again. */
  readonly handle: (record: LogRecord) => Promise<void>;
  /** Aborts when the node stops: what is not open yet is not opened any more. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
}

const partitions = 3;
const reopenMs = 1_000;
const concurrency = 64;
/** Awards are handled apart from all else: while executors take no more, nothing else waits. */
const awardsTopic = 'task-awards';

/** How one node reads the market's topics: as a member of its store's two groups, joined as soon as the log is there. */
export class MarketGroups {
  readonly #options: MarketGroupsOptions;
  #members: readonly Subscription[] = [];
  #awards: Subscription | undefined;
  #isHeld = false;
  #opening: Promise<void> = Promise.resolve();

  constructor(options: MarketGroupsOptions) {
    this.#options = options;
  }

  /** Records come in. */
  get isOpen(): boolean {
    return this.#members.length > 0 && !this.#options.signal.aborted;
  }

  /** A log that is away holds up nobody who starts. */
  start(): void {
    this.#opening = this.#open();
  }

  /** Awards come no more, or again; what else there is comes all the time. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (isHeld) this.#awards?.pause();
    else this.#awards?.resume();
  }

  /** Leaves the groups once what was handed out is handled. The signal has aborted before. */
  async close(): Promise<void> {
    await this.#opening;
    await Promise.all(this.#members.map((member) => member.close()));
  }

  async #open(): Promise<void> {
    const { clock, logger, signal } = this.#options;
    let hasFailed = false;
    while (!signal.aborted && this.#members.length === 0) {
      try {
        await this.#join();
      } catch (thrown) {
        const { code, message } = ParleyError.from(thrown);
        if (!hasFailed) logger.warn('the market waits for its log', { code, reason: message });
        hasFailed = true;
        await sleep(clock, reopenMs, signal).catch(() => {});
      }
    }
  }

  async #join(): Promise<void> {
    const { log, subscribe, store, handle } = this.#options;
    const opened = await log();
    for (const name of marketTopics) await ensureTopic(opened, { name, partitions });
    const group = await groupOf(store);
    const topics = marketTopics.filter((topic) => topic !== awardsTopic);
    const facts = { handle, concurrency, agentId: marketAgentId };
    const main = await subscribe({ ...facts, group, topics });
    const awards = await subscribe({ ...facts, group: `${group}-awards`, topics: [awardsTopic] }).catch(
      async (thrown: unknown) => {
        // Joined anew, one node would be two members.
        await main.close();
        throw thrown;
      },
    );
    this.#members = [main, awards];
    this.#awards = awards;
    if (this.#isHeld) awards.pause();
  }
}

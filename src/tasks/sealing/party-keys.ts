import { createHmac, randomBytes } from 'node:crypto';
import { type Clock, createShortId } from '../../base/index.ts';
import { ensureTopic, type Log } from '../../log/index.ts';
import { createSealer, type Sealer } from '../../security/index.ts';

/** Compacted: a record for each key of a party, sealed with the fabric's; one without a value says that it is gone. */
const partyKeysTopic = '_party-keys';

export interface PartyKeysOptions {
  /** Opened with the first question. */
  readonly log: () => Promise<Pick<Log, 'read' | 'describeTopic' | 'publish' | 'createTopic'>>;
  /** The fabric's secret. */
  readonly key: string;
  readonly clock: Clock;
}

/** A key by the name that sealed events give it. */
export interface PartyKey {
  readonly id: string;
  readonly sealer: Sealer;
}

const secretBytes = 32;
const lookAgainMs = 1_000;
const pageLimit = 1_000;

/**
 * The keys that contents in the log are sealed with: one for each party at least. Once a party's keys are erased, what was sealed with them is
 * noise for ever, wherever the log has copied it to. Errors: as the log's.
 */
export class PartyKeys {
  readonly #options: PartyKeysOptions;
  readonly #own: Sealer;
  /** By the name of the party, then by id. */
  readonly #sealers = new Map<string, Map<string, Sealer>>();
  #offset = 0;
  #followedAtMs = Number.NEGATIVE_INFINITY;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PartyKeysOptions) {
    this.#options = options;
    this.#own = createSealer(options.key);
  }

  /** A key of the party; made when it has none. */
  of(party: string): Promise<PartyKey> {
    return this.#inTurn(async () => {
      await this.#follow();
      const name = this.#nameOf(party);
      for (const [id, sealer] of this.#sealers.get(name) ?? []) return { id, sealer };
      return this.#create(`${name}/${createShortId()}`);
    });
  }

  /** Undefined: it was erased. */
  find(id: string): Promise<Sealer | undefined> {
    return this.#inTurn(async () => {
      await this.#follow();
      return this.#sealers.get(partyOf(id))?.get(id);
    });
  }

  /** Whether a key of this name is, or was, the party's. */
  isOf(party: string, id: string): boolean {
    return partyOf(id) === this.#nameOf(party);
  }

  /** How many keys the party has. */
  count(party: string): Promise<number> {
    return this.#inTurn(async () => (await this.#idsOf(party)).length);
  }

  /** Erases the party's keys; answers how many there were. */
  erase(party: string): Promise<number> {
    return this.#inTurn(async () => {
      const ids = await this.#idsOf(party);
      const log = await this.#options.log();
      if (ids.length > 0)
        await log.publish(
          partyKeysTopic,
          ids.map((key) => ({ key, value: null })),
        );
      for (const id of ids) this.#put(id, undefined);
      return ids.length;
    });
  }

  async #idsOf(party: string): Promise<readonly string[]> {
    this.#followedAtMs = Number.NEGATIVE_INFINITY;
    await this.#follow();
    return [...(this.#sealers.get(this.#nameOf(party))?.keys() ?? [])];
  }

  async #create(id: string): Promise<PartyKey> {
    const log = await this.#options.log();
    await ensureTopic(log, { name: partyKeysTopic, partitions: 1, isCompacted: true });
    const secret = randomBytes(secretBytes).toString('base64url');
    await log.publish(partyKeysTopic, [{ key: id, value: Buffer.from(this.#own.seal(secret)) }]);
    const sealer = createSealer(secret);
    this.#put(id, sealer);
    return { id, sealer };
  }

  /** Takes in what has become of keys, here or on other nodes. */
  async #follow(): Promise<void> {
    const nowMs = this.#options.clock.now();
    if (nowMs - this.#followedAtMs < lookAgainMs) return;
    const log = await this.#options.log();
    if ((await log.describeTopic(partyKeysTopic)) !== undefined) {
      for (let isEnd = false; !isEnd; ) {
        const page = await log.read({ topic: partyKeysTopic, partition: 0, offset: this.#offset, limit: pageLimit });
        for (const { key = '', value } of page.records) this.#put(key, value === null ? undefined : this.#open(value));
        isEnd = page.nextOffset >= page.endOffset || page.nextOffset === this.#offset;
        this.#offset = page.nextOffset;
      }
    }
    this.#followedAtMs = nowMs;
  }

  #put(id: string, sealer: Sealer | undefined): void {
    const name = partyOf(id);
    const own = this.#sealers.get(name) ?? new Map<string, Sealer>();
    if (sealer === undefined) own.delete(id);
    else own.set(id, sealer);
    if (own.size === 0) this.#sealers.delete(name);
    else this.#sealers.set(name, own);
  }

  /** Undefined for what nobody with the fabric's secret has written: it must not keep others' keys from being read. */
  #open(value: Uint8Array): Sealer | undefined {
    try {
      return createSealer(this.#own.open(Buffer.from(value).toString('utf8')));
    } catch {
      return undefined;
    }
  }

  /** Says nothing of the party to who does not have the fabric's secret. */
  #nameOf(party: string): string {
    return createHmac('sha256', this.#options.key).update(`party\n${party}`).digest('base64url').slice(0, 22);
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(run, run);
    this.#turn = next.catch(() => {});
    return next;
  }
}

/** The name of the party in front of a key's id. */
function partyOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf('/')));
}

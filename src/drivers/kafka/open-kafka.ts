import { ParleyError, systemClock, withTimeout } from '../../base/index.ts';
import { GroupSeat } from './group-seat.ts';
import { countPartitions, createKafkaAdmin } from './kafka-admin.ts';
import { awayError, fromKafkaError } from './kafka-error.ts';
import { type KafkaOptions, resolveKafkaOptions } from './kafka-options.ts';
import { KafkaReader } from './kafka-reader.ts';
import { formatKafkaTarget, parseKafkaTarget } from './kafka-target.ts';
import { type Admin, createConnectionOptions, type Driver, type Producer } from './library.ts';
import type { KafkaAdmin, KafkaClient, KafkaMember, KafkaNewRecord, KafkaPage, KafkaPlace, KafkaSeat } from './port.ts';
import { ProducerLane } from './producer-lane.ts';

const acknowledgedByAll = -1;
/** However often the library tries: nobody waits longer. */
const callTimeoutMs = 8_000;

/** Connects; UNAVAILABLE when nobody answers in time, CONFIG_INVALID for an address, credentials or certificates that are wrong. */
export async function openKafka(options: KafkaOptions): Promise<KafkaClient> {
  const target = parseKafkaTarget(options.url);
  const resolved = resolveKafkaOptions(options);
  const library = await import('@platformatic/kafka');
  const connection = await createConnectionOptions(target, resolved);
  const driver: Driver = { library, connection, options: resolved, target: formatKafkaTarget(target) };
  const producer = new library.Producer({
    ...connection,
    idempotent: true,
    acks: acknowledgedByAll,
    compression: target.compression,
  });
  const client = new Client(driver, producer);
  try {
    await client.check();
    return client;
  } catch (thrown) {
    await client.close();
    throw thrown;
  }
}

class Client implements KafkaClient {
  readonly target: string;
  readonly admin: KafkaAdmin;
  readonly #driver: Driver;
  readonly #producer: Producer;
  readonly #adminClient: Admin;
  readonly #reader: KafkaReader;
  readonly #lanes = new Map<string, ProducerLane>();
  readonly #writes = new Set<Promise<unknown>>();
  readonly #seats = new Set<KafkaSeat>();
  #isClosed = false;

  constructor(driver: Driver, producer: Producer) {
    this.#driver = driver;
    this.#producer = producer;
    this.target = driver.target;
    this.#adminClient = new driver.library.Admin(driver.connection);
    this.#reader = new KafkaReader(driver);
    this.admin = createKafkaAdmin(this.#adminClient, driver, () => producer.clearMetadata());
    for (const emitter of [producer, this.#adminClient]) emitter.on('error', () => {});
  }

  async partitionCount(topic: string): Promise<number | undefined> {
    this.#refuseWhenClosed();
    try {
      // As the producer knows it, which takes the partition modulo this count.
      return (await this.#bounded(countPartitions(this.#producer, [topic]))).get(topic);
    } catch (thrown) {
      throw fromKafkaError(thrown, this.target);
    }
  }

  async produce(topic: string, records: readonly KafkaNewRecord[]): Promise<readonly KafkaPlace[]> {
    this.#refuseWhenClosed();
    const write = this.#lane(topic).send(records);
    this.#writes.add(write);
    return await this.#bounded(write.finally(() => this.#writes.delete(write)));
  }

  async fetch(place: KafkaPlace, maxBytes?: number): Promise<KafkaPage> {
    this.#refuseWhenClosed();
    return await this.#bounded(this.#reader.fetch(place, maxBytes));
  }

  async offsets(topic: string, at: 'earliest' | 'latest' | number): Promise<readonly number[]> {
    this.#refuseWhenClosed();
    return await this.#bounded(this.#reader.offsets(topic, at));
  }

  async join(member: KafkaMember): Promise<KafkaSeat> {
    this.#refuseWhenClosed();
    const seat = await GroupSeat.open(this.#driver, member, (left) => this.#seats.delete(left));
    this.#seats.add(seat);
    return seat;
  }

  async check(): Promise<void> {
    this.#refuseWhenClosed();
    try {
      await this.#bounded(this.#adminClient.metadata({ topics: [], forceUpdate: true }));
    } catch (thrown) {
      throw fromKafkaError(thrown, this.target);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.allSettled([...[...this.#seats].map((seat) => seat.leave()), ...this.#writes]);
    await Promise.allSettled([this.#producer.close(true), this.#adminClient.close(), this.#reader.close()]);
  }

  #lane(topic: string): ProducerLane {
    const known = this.#lanes.get(topic);
    if (known) return known;
    const lane = new ProducerLane(topic, this.#producer, this.#driver);
    this.#lanes.set(topic, lane);
    return lane;
  }

  /** What is under way goes on to its own end. */
  async #bounded<T>(call: Promise<T>): Promise<T> {
    const answer = await withTimeout(
      systemClock,
      call.then((value) => ({ value })),
      callTimeoutMs,
    );
    if (answer === undefined) throw awayError(this.target, `no answer within ${callTimeoutMs} ms`);
    return answer.value;
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new ParleyError('STORE_CLOSED', `The connection to Kafka at ${this.target} is closed.`);
  }
}

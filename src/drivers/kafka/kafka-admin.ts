import { setTimeout as delay } from 'node:timers/promises';
import { fromKafkaError, isRefusal } from './kafka-error.ts';
import type { Admin, Driver } from './library.ts';
import type { KafkaAdmin, KafkaBrokers, KafkaTopic } from './port.ts';

const topicResource = 2;
const brokerResource = 4;
const setForTopic = 1;
const setOperation = 0;
const deleteOperation = 1;
const visibleTimeoutMs = 10_000;

/** What is done to topics and groups, over one connection to the controller; `onGrown` is told of topics that have grown. */
export function createKafkaAdmin(admin: Admin, { target }: Driver, onGrown: () => void): KafkaAdmin {
  const translated = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (thrown) {
      throw fromKafkaError(thrown, target);
    }
  };
  return {
    listTopics: () => translated(async () => (await admin.listTopics({ includeInternals: false })).filter(isOrdinary)),
    describeTopics: (topics) => translated(() => describeTopics(admin, topics)),
    createTopic: (topic) => translated(() => createTopic(admin, topic)),
    growTopic: (topic, partitions) => translated(() => growTopic(admin, topic, partitions).finally(onGrown)),
    configureTopic: (topic, settings) => translated(() => configureTopic(admin, topic, settings)),
    committed: (group, topic) => translated(() => readCommitted(admin, group, topic)),
    groupsOf: (topic) => translated(() => listGroupsOf(admin, topic)),
    describeBrokers: () => translated(() => describeBrokers(admin)),
  };
}

/** How many partitions each topic has that is there. */
export async function countPartitions(
  client: Pick<Admin, 'metadata'>,
  topics: readonly string[],
  forceUpdate: boolean = false,
): Promise<ReadonlyMap<string, number>> {
  try {
    const { topics: found } = await client.metadata({ topics: [...topics], forceUpdate, retries: 0 });
    return new Map([...found].map(([topic, { partitionsCount }]) => [topic, partitionsCount]));
  } catch {
    // One that is not there makes the whole answer an error.
    const counts = await Promise.all(topics.map((topic) => countOf(client, topic, forceUpdate)));
    return new Map(topics.flatMap((topic, index) => (counts[index] === undefined ? [] : [[topic, counts[index]]])));
  }
}

async function countOf(
  client: Pick<Admin, 'metadata'>,
  topic: string,
  forceUpdate: boolean,
): Promise<number | undefined> {
  const topics = [topic];
  try {
    // Without tries of the library's own, which would also wait for a topic that is not there.
    const once = await client.metadata({ topics, forceUpdate, retries: 0 });
    return once.topics.get(topic)?.partitionsCount;
  } catch (thrown) {
    if (isUnknownTopic(thrown)) return undefined;
    return (await client.metadata({ topics, forceUpdate })).topics.get(topic)?.partitionsCount;
  }
}

function isUnknownTopic(thrown: unknown): boolean {
  if (isRefusal(thrown, 'UNKNOWN_TOPIC_OR_PARTITION') || isRefusal(thrown, 'INVALID_TOPIC_EXCEPTION')) return true;
  return thrown instanceof Error && thrown.message.startsWith('Unknown topic ');
}

function isOrdinary(topic: string): boolean {
  return !topic.startsWith('__');
}

async function describeTopics(admin: Admin, topics: readonly string[]): Promise<readonly KafkaTopic[]> {
  const counts = await countPartitions(admin, topics, true);
  if (counts.size === 0) return [];
  const resources = [...counts.keys()].map((resourceName) => ({
    resourceType: topicResource,
    resourceName,
    configurationKeys: null,
  }));
  const described = await admin.describeConfigs({ resources: resources as never });
  return described.map(({ resourceName, configs }) => ({
    name: resourceName,
    partitions: counts.get(resourceName) ?? 0,
    settings: Object.fromEntries(
      configs.flatMap(({ name, value, configSource }) => (configSource === setForTopic ? [[name, value ?? '']] : [])),
    ),
  }));
}

async function describeBrokers(admin: Admin): Promise<KafkaBrokers> {
  const { brokers } = await admin.metadata({ topics: [], forceUpdate: true });
  const [node = 0] = brokers.keys();
  const resources = [{ resourceType: brokerResource, resourceName: String(node), configurationKeys: null }];
  const [described] = await admin.describeConfigs({ resources: resources as never });
  const settings = described?.configs.map(({ name, value }) => [name, value ?? '']) ?? [];
  return { brokers: brokers.size, settings: Object.fromEntries(settings) };
}

async function createTopic(admin: Admin, { name, partitions, settings }: KafkaTopic): Promise<void> {
  const configs = Object.entries(settings).map(([setting, value]) => ({ name: setting, value }));
  await admin.createTopics({ topics: [{ topic: name, partitions }], configs });
  await untilVisible(admin, name, partitions);
}

async function growTopic(admin: Admin, topic: string, partitions: number): Promise<void> {
  await admin.createPartitions({ topics: [{ name: topic, count: partitions, assignments: null as never }] });
  await untilVisible(admin, topic, partitions);
}

/** The controller knows a topic some moments before the brokers do, and they before it has leaders. */
async function untilVisible(admin: Admin, topic: string, partitions: number): Promise<void> {
  const endMs = Date.now() + visibleTimeoutMs;
  while ((await countPartitions(admin, [topic], true)).get(topic) !== partitions && Date.now() < endMs) await delay(50);
}

async function configureTopic(
  admin: Admin,
  topic: string,
  settings: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const configs = Object.entries(settings).map(([name, value]) => ({
    name,
    value: value ?? null,
    configOperation: value === undefined ? deleteOperation : setOperation,
  }));
  const resources = [{ resourceType: topicResource, resourceName: topic, configs }];
  await admin.incrementalAlterConfigs({ resources: resources as never });
}

async function readCommitted(admin: Admin, group: string, topic: string): Promise<readonly (number | undefined)[]> {
  const count = (await countPartitions(admin, [topic])).get(topic) ?? 0;
  const partitionIndexes = Array.from({ length: count }, (_, index) => index);
  const groups = [{ groupId: group, topics: [{ name: topic, partitionIndexes }] }];
  const [found] = await admin.listConsumerGroupOffsets({ groups });
  const offsets = new Map(
    found?.topics[0]?.partitions.map(({ partitionIndex, committedOffset }) => [
      partitionIndex,
      Number(committedOffset),
    ]),
  );
  return partitionIndexes.map((index) => {
    const offset = offsets.get(index) ?? -1;
    return offset < 0 ? undefined : offset;
  });
}

async function listGroupsOf(admin: Admin, topic: string): Promise<readonly string[]> {
  const groups = [...(await admin.listGroups()).keys()];
  const uses = await Promise.all(groups.map((group) => isGroupOf(admin, group, topic)));
  return groups.filter((_, index) => uses[index]);
}

async function isGroupOf(admin: Admin, group: string, topic: string): Promise<boolean> {
  const [described] = (await admin.describeGroups({ groups: [group] })).values();
  const members = [...(described?.members.values() ?? [])];
  if (members.some(({ assignments }) => assignments?.has(topic))) return true;
  return (await readCommitted(admin, group, topic)).some((offset) => offset !== undefined);
}

import type { TopicPartition } from '../port.ts';

/** Names of all keys of the log. Everything of one partition carries the same hash tag, so that a cluster keeps it on one server. */
export interface LogKeys {
  /** Hash: topics by name. */
  readonly topics: string;
  /** Stream: the records; the id of each is its offset + 1. Also the name of the channel that says when there are more. */
  stream(place: TopicPartition): string;
  /** Hash: next offset, greatest timestamp, bytes, growth. */
  meta(place: TopicPartition): string;
  /** Hash: the newest offset of each key, when the topic is compacted. */
  latest(place: TopicPartition): string;
  /** Hash: what each group has committed, and which member has the partition until when. */
  groups(place: TopicPartition): string;
  /** Sorted set, by time: members of a group. Also the name of the channel that says when they have changed. */
  members(group: string): string;
  /** Hash: what each member wants. */
  seats(group: string): string;
  /** Written to see whether writing is possible. */
  readonly probe: string;
}

/** The keys of the fabric with that prefix. */
export function createLogKeys(prefix: string): LogKeys {
  const root = `${prefix}:log`;
  const keyOf =
    (name: string) =>
    ({ topic, partition }: TopicPartition): string =>
      `{${root}:${topic}:${partition}}:${name}`;
  return {
    topics: `{${root}}:topics`,
    stream: keyOf('s'),
    meta: keyOf('m'),
    latest: keyOf('k'),
    groups: keyOf('g'),
    members: (group) => `{${root}:${group}}:members`,
    seats: (group) => `{${root}:${group}}:seats`,
    probe: `{${root}}:probe`,
  };
}

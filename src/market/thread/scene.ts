import type { MarketRecord, TaskRequest } from '../wire/records.ts';

/** A thread whose request is known: whose words count for what can be told. */
export interface Scene {
  readonly request: RecordOf<'task-requests'>;
  readonly records: readonly MarketRecord[];
}

/** A record of one topic. */
export type RecordOf<Topic extends MarketRecord['topic']> = Extract<MarketRecord, { readonly topic: Topic }>;

/** The records of one topic, in order. */
export function recordsOf<Topic extends MarketRecord['topic']>(scene: Scene, topic: Topic): readonly RecordOf<Topic>[] {
  return scene.records.filter((record): record is RecordOf<Topic> => record.topic === topic);
}

/** Whether the agent speaks for the side that asks. */
export function isAsker({ requesterId, awardedBy }: TaskRequest, agentId: string): boolean {
  return agentId === requesterId || agentId === awardedBy;
}

/** Who has signed its first word has to sign what follows from it: what is not committed here and not verified does not count. */
export function isFaithful(record: MarketRecord, anchor: Pick<MarketRecord, 'isVerified'>): boolean {
  return record.isVerified || !anchor.isVerified || record.place === null;
}

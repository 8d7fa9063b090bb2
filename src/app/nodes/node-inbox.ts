import { type Clock, hasCode, type Logger, ParleyError, sleep } from '../../base/index.ts';
import type { Store } from '../../store/index.ts';

/** Journal kind of what other nodes tell a node; its key is the node's id. It names tasks, whose journals hold the commands. */
export const inboxJournal = 'node-inbox';

const retryMs = 500;
const maxAttempts = 1_000;
const pageSize = 1_000;

export interface InboxOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Puts names of tasks into the inboxes of other nodes. */
export interface Inboxes {
  /** Durable when it resolves. */
  put(nodeId: string, taskId: string): Promise<void>;
}

/** Remembers where each inbox ends, as far as it has seen. */
export function createInboxes({ store }: Pick<InboxOptions, 'store'>): Inboxes {
  const ends = new Map<string, number>();
  return {
    async put(nodeId, taskId) {
      for (let attempt = 1; ; attempt++) {
        const expectedVersion = ends.get(nodeId) ?? (await findEnd(store, nodeId, 0));
        try {
          const append = { kind: inboxJournal, expectedVersion, events: [JSON.stringify(taskId)] };
          await store.commit({ key: nodeId, append });
          ends.set(nodeId, expectedVersion + 1);
          return;
        } catch (thrown) {
          if (!hasCode(thrown, 'VERSION_CONFLICT') || attempt === maxAttempts) throw thrown;
          // Another node was faster, or the inbox was emptied when its node started anew.
          const seen = await findEnd(store, nodeId, expectedVersion);
          if (seen > expectedVersion) ends.set(nodeId, seen);
          else ends.delete(nodeId);
        }
      }
    },
  };
}

async function findEnd(store: Store, nodeId: string, after: number): Promise<number> {
  for (let end = after; ; ) {
    const page = await store.read(inboxJournal, nodeId, end, pageSize);
    end += page.length;
    if (page.length < pageSize) return end;
  }
}

export interface FollowOptions extends InboxOptions {
  readonly nodeId: string;
  readonly attend: (taskId: string) => Promise<void>;
  /** The tasks that the node has: all are attended to when the inbox is emptied, for names that came just then. */
  readonly taskIds: () => readonly string[];
  /** An inbox that has grown to so many names is emptied. Default 10,000. */
  readonly limit?: number;
  readonly signal: AbortSignal;
}

/** Attends to what is put into the node's inbox until the signal aborts; what fails is tried again. */
export async function followInbox(options: FollowOptions): Promise<void> {
  const { nodeId, store, clock, logger, signal, limit = 10_000 } = options;
  let position = 0;
  while (!signal.aborted) {
    try {
      if (position >= limit) {
        await store.commit({ key: nodeId, dropJournal: inboxJournal });
        position = 0;
        for (const taskId of options.taskIds()) void attendUntilDone(taskId, options);
      }
      for await (const batch of store.tail(inboxJournal, nodeId, position, signal)) {
        position = batch.at(-1)?.sequence ?? position;
        for (const { event } of batch) void attendUntilDone(JSON.parse(event) as string, options);
        if (position >= limit) break;
      }
    } catch (thrown) {
      if (signal.aborted) return;
      logger.warn('the inbox of this node cannot be read now', { error: ParleyError.from(thrown).message });
      await sleep(clock, retryMs, signal).catch(() => {});
    }
  }
}

async function attendUntilDone(taskId: string, { attend, clock, signal }: FollowOptions): Promise<void> {
  while (!signal.aborted) {
    const done = await attend(taskId).then(
      () => true,
      (thrown: unknown) => hasCode(thrown, 'FENCED') || hasCode(thrown, 'STORE_CLOSED'),
    );
    if (done) return;
    await sleep(clock, retryMs, signal).catch(() => {});
  }
}

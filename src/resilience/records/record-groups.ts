import { type Clock, type Logger, ParleyError, type Telemetry } from '../../base/index.ts';
import { type GroupSubscriber, type Log, type Subscription, subscribe } from '../../log/index.ts';
import type { Store } from '../../store/index.ts';
import type { DeadLetterRule } from '../dead-letter.ts';
import type { LetterKind } from '../dead-letter-service.ts';
import type { RecordLetter } from '../letter.ts';
import { createRecordLetters } from './record-letters.ts';
import { Redriver } from './redriver.ts';

/** Groups whose failures become dead letters, and how these come back. */
export interface RecordGroups {
  readonly subscribe: GroupSubscriber;
  readonly letters: LetterKind<RecordLetter>;
}

export interface RecordGroupsOptions {
  readonly store: Store;
  /** Opened when somebody subscribes. */
  readonly log: () => Promise<Pick<Log, 'join'>>;
  readonly rule: Pick<DeadLetterRule, 'keepMs'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** The groups of one node. Nothing is read or opened before somebody subscribes. */
export function createRecordGroups(options: RecordGroupsOptions): RecordGroups {
  const { store, log, rule, clock, logger, telemetry } = options;
  const redrivers = new Set<{ readonly group: string; readonly redriver: Redriver }>();
  const onRedrive = (group: string): void => {
    for (const entry of redrivers) if (entry.group === group) entry.redriver.nudge();
  };
  const letters = createRecordLetters({ store, rule, clock, onRedrive });
  return {
    letters,
    async subscribe({ agentId, ...groupOptions }) {
      const { group } = groupOptions;
      const subscription = await subscribe({
        ...{ ...groupOptions, log: await log(), clock, logger },
        async onExhausted(exhausted) {
          await letters.putAside(exhausted, { group, ...(agentId !== undefined && { agentId }) });
          const { code } = ParleyError.from(exhausted.error);
          telemetry.count('parley_dead_records_total', { group, code });
        },
      });
      const redriver = new Redriver({ group, letters, subscription, clock, logger });
      const entry = { group, redriver };
      redrivers.add(entry);
      redriver.start();
      return closedWith(subscription, redriver, () => redrivers.delete(entry));
    },
  };
}

/** The subscription, which takes what redrives for it along when it closes. */
function closedWith(subscription: Subscription, redriver: Redriver, onClosed: () => void): Subscription {
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await redriver.stop();
    await subscription.close();
    await redriver.settled();
    onClosed();
  };
  return {
    pause: () => subscription.pause(),
    resume: () => subscription.resume(),
    status: () => subscription.status(),
    redrive: (record) => subscription.redrive(record),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

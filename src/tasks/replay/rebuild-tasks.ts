import { type Log, type LogRecord, scanTopic } from '../../log/index.ts';
import type { Store } from '../../store/index.ts';
import { letterChanges } from '../dead-letters/letter-changes.ts';
import { createTaskDocument } from '../documents.ts';
import { taskJournal } from '../events.ts';
import { hasEnded } from '../fold.ts';
import { taskEventsTopic } from '../relay/relay.ts';
import type { RetentionSettings } from '../retention.ts';
import { readTaskStates } from './read-task-states.ts';
import { type RelayedEvent, readRelayedEvent } from './relayed-event.ts';
import { isReadable } from './task-fold.ts';

export interface RebuildTasksOptions {
  readonly log: Pick<Log, 'read' | 'describeTopic'>;
  /** Empty. */
  readonly store: Pick<Store, 'commit' | 'read' | 'readShard'>;
  readonly retention: RetentionSettings;
  /** Told now and then how many events are in the store. */
  readonly onProgress: (events: number) => void;
}

/** What came of a rebuild. */
export interface RebuiltTasks {
  readonly tasks: number;
  readonly events: number;
  readonly ended: number;
  /** Tasks that the log has only a part of: without what is missing they are as they were before it. */
  readonly incomplete: readonly IncompleteTask[];
}

export interface IncompleteTask {
  readonly taskId: string;
  /** `begun-earlier`: its first events have left the log. `omitted`: an event was too large for it. `damaged`: an event cannot be read. */
  readonly reason: 'begun-earlier' | 'gap' | 'omitted' | 'damaged';
  /** The sequence that is wanted next. */
  readonly wanted: number;
}

/**
 * Writes the journals and documents of all tasks into an empty store, from the topic of the relay alone. Events that came twice count once;
 * those whose predecessor lies in a partition that is read later (the topic has grown) are taken up by another pass over the log.
 */
export async function rebuildTasks(options: RebuildTasksOptions): Promise<RebuiltTasks> {
  const journals = new Journals(options.store);
  let before = -1;
  while (journals.events > before && (before < 0 || journals.hasGaps)) {
    before = journals.events;
    for await (const records of scanTopic(options.log, taskEventsTopic)) {
      await journals.append(records);
      options.onProgress(journals.events);
    }
  }
  const counted = await writeDocuments(options);
  return { ...counted, events: journals.events, incomplete: journals.incomplete() };
}

/** The journals as they grow: how far each is, and where it cannot go on. */
class Journals {
  readonly #store: RebuildTasksOptions['store'];
  readonly #versions = new Map<string, number>();
  /** The highest sequence that was seen too early. */
  readonly #ahead = new Map<string, number>();
  readonly #unreadable = new Map<string, 'omitted' | 'damaged'>();
  events = 0;

  constructor(store: RebuildTasksOptions['store']) {
    this.#store = store;
  }

  /** Some task might go on with what lies elsewhere in the log. */
  get hasGaps(): boolean {
    return [...this.#ahead.keys()].some((taskId) => !this.#unreadable.has(taskId));
  }

  incomplete(): readonly IncompleteTask[] {
    return [...new Set([...this.#ahead.keys(), ...this.#unreadable.keys()])].map((taskId) => {
      const wanted = this.#version(taskId) + 1;
      return { taskId, reason: this.#unreadable.get(taskId) ?? (wanted === 1 ? 'begun-earlier' : 'gap'), wanted };
    });
  }

  async append(records: readonly LogRecord[]): Promise<void> {
    const byTask = new Map<string, RelayedEvent[]>();
    for (const record of records) {
      const event = readRelayedEvent(record);
      if (event === undefined) continue;
      const known = byTask.get(event.taskId);
      if (known === undefined) byTask.set(event.taskId, [event]);
      else known.push(event);
    }
    await Promise.all([...byTask].map(([taskId, events]) => this.#appendTo(taskId, events)));
  }

  async #appendTo(taskId: string, relayed: readonly RelayedEvent[]): Promise<void> {
    const expectedVersion = this.#version(taskId);
    const events = this.#next(taskId, expectedVersion, relayed);
    if (events.length === 0) return;
    await this.#store.commit({ key: taskId, append: { kind: taskJournal, expectedVersion, events } });
    const version = expectedVersion + events.length;
    this.#versions.set(taskId, version);
    if (version >= (this.#ahead.get(taskId) ?? 0)) this.#ahead.delete(taskId);
    this.events += events.length;
  }

  /** The events that follow what is there, without a gap. */
  #next(taskId: string, version: number, relayed: readonly RelayedEvent[]): readonly string[] {
    const events: string[] = [];
    for (const { sequence, event } of relayed) {
      const wanted = version + events.length + 1;
      if (sequence > wanted) this.#ahead.set(taskId, Math.max(sequence, this.#ahead.get(taskId) ?? 0));
      if (sequence !== wanted) continue;
      if (isReadable(event, sequence === 1)) events.push(event);
      else this.#unreadable.set(taskId, event === undefined ? 'omitted' : 'damaged');
    }
    return events;
  }

  #version(taskId: string): number {
    return this.#versions.get(taskId) ?? 0;
  }
}

async function writeDocuments(
  options: RebuildTasksOptions,
): Promise<{ readonly tasks: number; readonly ended: number }> {
  const { store, retention } = options;
  let tasks = 0;
  let ended = 0;
  for await (const states of readTaskStates(store)) {
    await Promise.all(
      states.map((state) => {
        const documents = [createTaskDocument(state, retention), ...letterChanges(state, retention)];
        return store.commit({ key: state.id, documents });
      }),
    );
    tasks += states.length;
    ended += states.filter(hasEnded).length;
  }
  return { tasks, ended };
}

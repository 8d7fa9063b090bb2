import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Task, TaskState } from '@a2a-js/sdk';
import { InMemoryTaskStore, type TaskStore } from '@a2a-js/sdk/server';

type Save = Parameters<TaskStore['save']>;

/** The SDK's own store in memory that also makes our two durable commits a task: when it begins, and when it has ended. */
export class CommittingTaskStore extends InMemoryTaskStore {
  readonly #insert: StatementSync;

  constructor(path: string) {
    super();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    database.exec('CREATE TABLE events (id INTEGER PRIMARY KEY, task TEXT NOT NULL, body TEXT NOT NULL) STRICT');
    this.#insert = database.prepare('INSERT INTO events (task, body) VALUES (?, ?)');
  }

  override async save(task: Save[0], context: Save[1]): Promise<void> {
    if (isCommitted(task)) this.#insert.run(task.id, JSON.stringify(task.status));
    await super.save(task, context);
  }
}

function isCommitted(task: Task): boolean {
  const state = task.status?.state;
  return state === TaskState.TASK_STATE_SUBMITTED || state === TaskState.TASK_STATE_COMPLETED;
}

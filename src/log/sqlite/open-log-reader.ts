import { type Database, fromSqliteError, openDatabase } from '../../drivers/sqlite/index.ts';
import { partitionNotFound, topicNotFound } from '../check-input.ts';
import type { Log } from '../port.ts';
import { LogReader } from './log-reader.ts';
import { TopicTable } from './topic-table.ts';

/** What can be done with a log that belongs to somebody else. */
export type LogReading = Pick<Log, 'read' | 'describeTopic' | 'close'>;

/** Opens the file of a log, which another process may be using, to read it and nothing else. STORE_DAMAGED; who opens it closes it. */
export function openSqliteLogReader({ file }: { readonly file: string }): LogReading {
  const database = openDatabase({ file, readOnly: true });
  try {
    return createReading(database, file);
  } catch (thrown) {
    database.close();
    throw fromSqliteError(thrown, file);
  }
}

function createReading(database: Database, file: string): LogReading {
  const topics = new TopicTable(database);
  const reader = new LogReader(database, topics);
  const reading = <T>(run: () => T): Promise<T> =>
    new Promise<T>((resolve) => resolve(run())).catch((thrown: unknown) => {
      throw fromSqliteError(thrown, file);
    });
  return {
    read: (query) =>
      reading(() => {
        const topic = topics.get(query.topic);
        if (topic === undefined) throw topicNotFound(query.topic);
        const id = topic.partitionIds[query.partition];
        if (id === undefined) throw partitionNotFound(query.topic, query.partition);
        return reader.read(query, id);
      }),
    describeTopic: (name) => reading(() => topics.describe(name)),
    close: async () => database.close(),
  };
}

import type { Log, LogRecord } from '../../log/index.ts';
import { taskEventsTopic } from '../relay/relay.ts';
import type { PartyKeys } from './party-keys.ts';
import { openEvent } from './seal-event.ts';

type Reading = Pick<Log, 'read' | 'describeTopic'>;

/** The log as those read it who have the parties' keys: the events of tasks are open, those of parties that were erased without contents. */
export function createUnsealedLog(log: Reading, keys: Pick<PartyKeys, 'find'>): Reading {
  const open = async (record: LogRecord): Promise<LogRecord> => {
    if (record.value === null || record.value.length === 0) return record;
    const text = Buffer.from(record.value).toString('utf8');
    const opened = await openEvent(text, keys);
    return opened === text ? record : { ...record, value: Buffer.from(opened) };
  };
  return {
    describeTopic: (topic) => log.describeTopic(topic),
    async read(query) {
      const page = await log.read(query);
      if (query.topic !== taskEventsTopic) return page;
      return { ...page, records: await Promise.all(page.records.map(open)) };
    },
  };
}

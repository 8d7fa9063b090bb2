import type { Log, LogRecord } from '../port.ts';

const pageLimit = 1_000;

/**
 * All records of a topic that are there when it begins, page by page: one partition after the other, each in its order. Nothing for a topic that
 * does not exist.
 */
export async function* scanTopic(
  log: Pick<Log, 'read' | 'describeTopic'>,
  topic: string,
): AsyncGenerator<readonly LogRecord[]> {
  const described = await log.describeTopic(topic);
  for (const { partition, beginOffset, endOffset } of described?.ranges ?? []) {
    for (let offset = beginOffset; offset < endOffset; ) {
      const page = await log.read({ topic, partition, offset, limit: pageLimit });
      const records = page.records.filter((record) => record.offset < endOffset);
      if (records.length > 0) yield records;
      if (page.nextOffset <= offset) break;
      offset = page.nextOffset;
    }
  }
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createShortId, type ErrorCode, hasCode } from '../../base/index.ts';
import type { Log, LogRecord, NewRecord } from '../../log/index.ts';

/** A log under test. Topics and groups of other tests may be in it, too. */
export interface LogSubject {
  readonly log: Log;
  /** Closes the log and opens it again on the same data. */
  reopen(): Promise<Log>;
  /** Another log on the same data, as another process has it; undefined where one process has the data for itself. */
  openSecond?(): Promise<Log>;
  /** Closes what is open. */
  destroy(): Promise<void>;
}

/** How an adapter makes a log for one test, with at most so many bytes for each record. */
export type OpenLogSubject = (setup: { readonly maxRecordBytes: number }) => Promise<LogSubject>;

/** What of the contract an adapter cannot show in the time of a test. */
export interface LogContractOptions {
  /** Default true: retention and compaction remove within seconds. */
  readonly removesPromptly?: boolean;
  /** Default true: a topic with records may grow, and keys keep their order. */
  readonly growsInOrder?: boolean;
}

/** What one test of the contract works with. */
export interface LogTestContext extends LogSubject {
  readonly options: LogContractOptions;
  /** Creates a topic of its own, by default with one partition, and answers its name. */
  topic(settings?: {
    partitions?: number;
    retentionMs?: number;
    retentionBytes?: number;
    isCompacted?: boolean;
  }): Promise<string>;
  /** A group's name of its own. */
  readonly group: string;
}

/** Registers one test on a log of its own. */
export type LogTest = (sentence: string, run: (context: LogTestContext) => Promise<void>) => void;

/** The limit on records that the contract's tests expect. */
export const contractRecordBytes = 100_000;

/** Tests whose names begin with the adapter's. */
export function createLogTest(name: string, open: OpenLogSubject, options: LogContractOptions): LogTest {
  return (sentence, run) => {
    test(`${name}: ${sentence}`, async () => {
      const subject = await open({ maxRecordBytes: contractRecordBytes });
      const topic: LogTestContext['topic'] = async (settings = {}) => {
        const own = `contract-${createShortId()}`;
        await subject.log.createTopic({ name: own, partitions: 1, ...settings });
        return own;
      };
      try {
        await run({ ...subject, options, topic, group: `group-${createShortId()}` });
      } finally {
        await subject.destroy();
      }
    });
  };
}

/** A record with a text for its value. */
export function textRecord(value: string, key?: string): NewRecord {
  return { key, value: Buffer.from(value) };
}

/** The text of a record's value. */
export function textOf({ value }: Pick<LogRecord, 'value'>): string {
  return value === null ? '' : Buffer.from(value).toString();
}

/** The texts of one partition, from the beginning. */
export async function textsIn(log: Log, topic: string, partition = 0): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let offset = 0; ; ) {
    const page = await log.read({ topic, partition, offset, limit: 100 });
    texts.push(...page.records.map(textOf));
    offset = page.nextOffset;
    if (offset >= page.endOffset) return texts;
  }
}

/** Passes when the promise rejects with a ParleyError of that code. */
export async function rejectsWithCode(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (thrown) => {
    assert.ok(hasCode(thrown, code), `expected ${code}, got ${String(thrown)}`);
    return true;
  });
}

/** Resolves when `holds` does; fails, naming what was waited for, when it does not within a minute. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > endMs) assert.fail(`Waited a minute, but not: ${what}.`);
    await delay(10);
  }
}

import { ParleyError } from '../../base/index.ts';
import {
  type GroupPosition,
  type Log,
  type LogRecord,
  searchTopic,
  type TopicChange,
  type TopicDescription,
  type TopicSearch,
  type TopicSettings,
} from '../../log/index.ts';

/** Opens the log when somebody first asks for it. */
export type OpenLog = () => Promise<Log>;

/** A record as people and programs read it. */
export interface RecordView extends Pick<LogRecord, 'partition' | 'offset' | 'timestampMs' | 'headers'> {
  readonly key?: string | undefined;
  /** The value where it is text. */
  readonly text?: string;
  /** The value where it is not. Neither: there is none. */
  readonly base64?: string;
}

export interface RecordPage {
  readonly records: readonly RecordView[];
  readonly cursor: string;
  readonly isEnd: boolean;
}

/** The message log, for operators. NOT_FOUND for a topic that is not there, and what the log says. */
export interface LogControl {
  topics(): Promise<readonly TopicSettings[]>;
  topic(name: string): Promise<TopicDescription>;
  create(topic: TopicSettings): Promise<TopicDescription>;
  alter(name: string, change: TopicChange): Promise<TopicDescription>;
  group(topic: string, group: string): Promise<readonly GroupPosition[]>;
  read(search: TopicSearch): Promise<RecordPage>;
}

/** Use cases over the log. */
export function createLogControl(open: OpenLog): LogControl {
  const describe = async (name: string): Promise<TopicDescription> => {
    const found = await (await open()).describeTopic(name);
    if (found === undefined)
      throw new ParleyError('NOT_FOUND', `There is no topic ${name}.`, { details: { topic: name } });
    return found;
  };
  return {
    topics: async () => (await open()).listTopics(),
    topic: describe,
    async create(topic) {
      await (await open()).createTopic(topic);
      return describe(topic.name);
    },
    async alter(name, change) {
      await (await open()).alterTopic(name, change);
      return describe(name);
    },
    group: async (topic, group) => (await open()).describeGroup(group, topic),
    async read(search) {
      const { records, ...page } = await searchTopic(await open(), search);
      return { ...page, records: records.map(toView) };
    },
  };
}

function toView({ partition, offset, timestampMs, headers, key, value }: LogRecord): RecordView {
  const place = { partition, offset, timestampMs, ...(key !== undefined && { key }), headers };
  return value === null ? place : { ...place, ...readValue(value) };
}

function readValue(value: Uint8Array): Pick<RecordView, 'text' | 'base64'> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(value);
    // A byte of zero begins what a schema describes: that is no text, though it may decode.
    if (!text.includes('\0')) return { text };
  } catch {
    // It is not text.
  }
  return { base64: Buffer.from(value).toString('base64') };
}

import { type Clock, ParleyError } from '../../base/index.ts';
import {
  type CopyRequest,
  type CopyStep,
  copyRecords,
  type GroupMove,
  type GroupPosition,
  type GroupReset,
  type Log,
  type LogRecord,
  resetGroup,
  searchTopic,
  type TopicChange,
  type TopicDescription,
  type TopicSearch,
  type TopicSettings,
} from '../../log/index.ts';
import type { TaskRecords } from './task-records.ts';
import { readRaw, type ValueReader, type ValueView } from './value-reader.ts';

/** Opens the log when somebody first asks for it. */
export type OpenLog = () => Promise<Log>;

/** A record as people and programs read it. */
export interface RecordView extends Pick<LogRecord, 'partition' | 'offset' | 'timestampMs' | 'headers'>, ValueView {
  readonly key?: string | undefined;
}

export interface RecordSearch extends TopicSearch {
  /** Values as they lie in the log, whatever schema describes them. */
  readonly raw?: boolean | undefined;
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
  read(search: RecordSearch): Promise<RecordPage>;
  /** One step of delivering records again to another topic. */
  copy(request: CopyRequest): Promise<CopyStep>;
  /** Sets where a group goes on; CONFLICT while it has members at work. */
  resetGroup(reset: GroupReset): Promise<readonly GroupMove[]>;
}

export interface LogControlOptions {
  readonly openLog: OpenLog;
  readonly values: ValueReader;
  /** Opens what is sealed in the log. */
  readonly sealed: Pick<TaskRecords, 'unseal' | 'openValue'>;
  readonly clock: Clock;
}

/** Use cases over the log. */
export function createLogControl({ openLog: open, values, sealed, clock }: LogControlOptions): LogControl {
  const describe = async (name: string): Promise<TopicDescription> => {
    const found = await (await open()).describeTopic(name);
    if (found === undefined)
      throw new ParleyError('NOT_FOUND', `There is no topic ${name}.`, { details: { topic: name } });
    return found;
  };
  /** What a schema describes has its contents sealed field by field. */
  const openViews = (records: readonly LogRecord[], views: readonly ValueView[]): Promise<readonly ValueView[]> =>
    Promise.all(
      views.map(async (view, index) => {
        if (view.value === undefined) return view;
        return { ...view, value: await sealed.openValue(records[index]?.headers ?? {}, view.value) };
      }),
    );
  return {
    topics: async () => (await open()).listTopics(),
    topic: describe,
    async create(topic) {
      if (topic.name.startsWith('_')) throw ofFabric(topic.name);
      await (await open()).createTopic(topic);
      return describe(topic.name);
    },
    async alter(name, change) {
      await (await open()).alterTopic(name, change);
      return describe(name);
    },
    group: async (topic, group) => (await open()).describeGroup(group, topic),
    async read({ raw = false, ...search }) {
      const { records, ...page } = await searchTopic(raw ? await open() : sealed.unseal(await open()), search);
      const read = raw ? records.map(readRaw) : await openViews(records, await values.read(records, search.topic));
      return { ...page, records: records.map((record, index) => toView(record, read[index])) };
    },
    copy: async (request) => copyRecords(await open(), request),
    resetGroup: async (reset) => resetGroup(await open(), reset, clock),
  };
}

function ofFabric(topic: string): ParleyError {
  const message = `Topics whose names begin with "_", as ${topic} does, belong to the fabric itself, which makes them as it needs them. Choose another name.`;
  return new ParleyError('INVALID_PARAMS', message, { details: { topic } });
}

function toView({ partition, offset, timestampMs, headers, key }: LogRecord, value: ValueView = {}): RecordView {
  return { partition, offset, timestampMs, ...(key !== undefined && { key }), headers, ...value };
}

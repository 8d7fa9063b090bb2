import { z } from 'zod';
import type { LogControl } from '../log/log-control.ts';
import { countOf, type DescribedRoute, jsonRoute } from './described-route.ts';

const number = z.number().int().min(0);

const settings = {
  partitions: number,
  retentionMs: number.optional().describe('0: for ever.'),
  retentionBytes: number.optional().describe('Of one partition.'),
};

const topicSettings = z.strictObject({ name: z.string(), ...settings, isCompacted: z.boolean().optional() });

const topicView = topicSettings.extend({
  ranges: z.array(z.strictObject({ partition: number, beginOffset: number, endOffset: number })),
});

const change = z.strictObject({
  partitions: number.exactOptional(),
  retentionMs: number.exactOptional(),
  retentionBytes: number.exactOptional(),
});

const position = z.strictObject({ topic: z.string(), partition: number, committed: number.optional(), lag: number });

const record = z.strictObject({
  partition: number,
  offset: number,
  timestampMs: number,
  key: z.string().optional(),
  headers: z.record(z.string(), z.string()),
  value: z.json().optional().describe('As its schema describes it; bytes in it are base64.'),
  schemaId: number.optional().describe('The schema that the record names itself.'),
  text: z.string().optional().describe('The value, when no schema describes it and it is text.'),
  base64: z.string().optional().describe('The value, when it is anything else.'),
  notDecoded: z.string().optional().describe('Why it is not shown as its schema describes it: the registry is away.'),
});

const filter = {
  partition: number.exactOptional(),
  key: z.string().exactOptional(),
  correlationId: z.string().exactOptional(),
  sinceMs: number.exactOptional(),
  untilMs: number.exactOptional(),
};

const copy = z.strictObject({
  ...filter,
  to: z.string().describe('Another topic.'),
  cursor: z.string().max(65_536).exactOptional().describe('Of the step before.'),
  isDry: z.boolean().default(false),
});

const copyStep = z.strictObject({
  ...{ scanned: number, copied: number, left: number },
  cursor: z.string(),
  isEnd: z.boolean(),
});

const reset = z.strictObject({
  group: z.string().min(1),
  partition: number.exactOptional(),
  sinceMs: number.exactOptional(),
  offset: number.exactOptional(),
  isDry: z.boolean().default(false),
});

const move = z.strictObject({ partition: number, from: number.optional(), to: number, pending: number });

const search = z.strictObject({
  cursor: z.string().max(16_384).exactOptional(),
  from: z.enum(['beginning', 'end']).exactOptional(),
  sinceMs: z.coerce.number().int().min(0).exactOptional(),
  untilMs: z.coerce.number().int().min(0).exactOptional(),
  raw: z.stringbool().exactOptional().describe('Values as they lie in the log.'),
  partition: z.coerce.number().int().min(0).exactOptional(),
  key: z.string().exactOptional(),
  correlationId: z.string().exactOptional(),
  limit: countOf(1, 1_000, 100),
});

const params = { id: 'Name of a topic.' };
const root = '/api/v1/log/topics';

/** Routes over the message log. */
export function createLogRoutes(log: LogControl): readonly DescribedRoute[] {
  return [...createTopicRoutes(log), ...createRecordRoutes(log), ...createReplayRoutes(log)];
}

function createTopicRoutes(log: LogControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: root,
      operationId: 'listTopics',
      summary: 'Topics of the message log.',
      response: z.strictObject({ topics: z.array(topicSettings) }),
      answer: async () => ({ topics: await log.topics() }),
    }),
    jsonRoute({
      method: 'POST',
      path: root,
      operationId: 'createTopic',
      summary: 'Creates a topic.',
      status: 201,
      body: topicSettings,
      response: topicView,
      answer: ({ body }) => log.create(body),
    }),
    jsonRoute({
      method: 'GET',
      path: `${root}/{id}`,
      operationId: 'getTopic',
      summary: 'A topic with what each of its partitions holds.',
      params,
      response: topicView,
      answer: ({ id }) => log.topic(id),
    }),
    jsonRoute({
      method: 'POST',
      path: `${root}/{id}/alter`,
      operationId: 'alterTopic',
      summary: 'Changes retention, or makes more partitions.',
      params,
      body: change,
      response: topicView,
      answer: ({ id, body }) => log.alter(id, body),
    }),
  ];
}

function createRecordRoutes(log: LogControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: `${root}/{id}/positions`,
      operationId: 'getGroupPositions',
      summary: 'How far a group is in a topic.',
      params,
      query: z.strictObject({ group: z.string().min(1) }),
      response: z.strictObject({ positions: z.array(position) }),
      answer: async ({ id, query }) => ({ positions: await log.group(id, query.group) }),
    }),
    jsonRoute({
      method: 'GET',
      path: `${root}/{id}/records`,
      operationId: 'readRecords',
      summary: 'A page of records, by key, time or correlation id; it may be empty before the end.',
      params,
      query: search,
      response: z.strictObject({ records: z.array(record), cursor: z.string(), isEnd: z.boolean() }),
      answer: ({ id, query }) => log.read({ ...query, topic: id }),
    }),
  ];
}

function createReplayRoutes(log: LogControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: `${root}/{id}/replay`,
      operationId: 'replayRecords',
      summary: 'Delivers records again to another topic: one step; its cursor begins the next.',
      params,
      body: copy,
      response: copyStep,
      answer: ({ id, body }) => log.copy({ ...body, topic: id }),
    }),
    jsonRoute({
      method: 'POST',
      path: `${root}/{id}/positions`,
      operationId: 'resetGroup',
      summary: 'Sets where a group goes on; it must have no members at work.',
      params,
      body: reset,
      response: z.strictObject({ moves: z.array(move) }),
      answer: async ({ id, body }) => ({ moves: await log.resetGroup({ ...body, topic: id }) }),
    }),
  ];
}

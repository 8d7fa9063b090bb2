import type { CopyStep, GroupMove, GroupPosition, TopicDescription, TopicSettings } from '../../log/index.ts';
import type { LogControl, RecordPage } from '../log/log-control.ts';
import type { NodeConnection } from './node-connection.ts';

/** The message log by way of a node: what an operator can do with it there. */
export type LogClient = LogControl;

const root = '/api/v1/log/topics';

/** The part of a client that is about the message log. */
export function createLogClient(connection: NodeConnection): LogClient {
  const pathOf = (topic: string, rest = ''): string => `${root}/${encodeURIComponent(topic)}${rest}`;
  const get = (path: string): Promise<unknown> => connection.json({ method: 'GET', path });
  const post = (path: string, body: object): Promise<unknown> =>
    connection.json({ method: 'POST', path, body, headTimeoutMs: 0 });
  return {
    topics: async () => ((await get(root)) as { topics: TopicSettings[] }).topics,
    topic: (name) => get(pathOf(name)) as Promise<TopicDescription>,
    create: (topic) => post(root, topic) as Promise<TopicDescription>,
    alter: (name, change) => post(pathOf(name, '/alter'), change) as Promise<TopicDescription>,
    group: async (topic, group) => {
      const path = pathOf(topic, `/positions?${new URLSearchParams({ group })}`);
      return ((await get(path)) as { positions: GroupPosition[] }).positions;
    },
    read: ({ topic, ...search }) => {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(search)) if (value !== undefined) query.set(name, String(value));
      return get(pathOf(topic, `/records?${query}`)) as Promise<RecordPage>;
    },
    copy: ({ topic, ...request }) => post(pathOf(topic, '/replay'), request) as Promise<CopyStep>,
    resetGroup: async ({ topic, ...reset }) =>
      ((await post(pathOf(topic, '/positions'), reset)) as { moves: GroupMove[] }).moves,
  };
}

import { randomUUID } from 'node:crypto';
import { type Part, SendMessageRequest, type StreamResponse, type Task } from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  ClientFactoryOptions,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client';
import type { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';

/** The bindings of A2A that the official client speaks here. */
export const sdkBindings: readonly {
  readonly name: string;
  readonly transport: JsonRpcTransportFactory | RestTransportFactory | GrpcTransportFactory;
}[] = [
  { name: 'JSON-RPC', transport: new JsonRpcTransportFactory() },
  { name: 'HTTP+JSON', transport: new RestTransportFactory() },
];

/** The official client, unmodified, for the agent whose base address this is; it finds the binding in the card. */
export function connectSdk(agentUrl: string, { transport }: (typeof sdkBindings)[number]): Promise<Client> {
  const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
    transports: [transport],
    preferredTransports: [transport.protocolName],
  });
  return new ClientFactory(options).createFromUrl(`${agentUrl}/`);
}

export interface SdkSend {
  /** Parts as A2A's JSON has them. */
  readonly parts: readonly object[];
  readonly skill?: string;
  readonly taskId?: string;
  readonly returnImmediately?: boolean;
}

/** The official client's request for one message. */
export function createSdkRequest({ parts, skill, taskId, returnImmediately = false }: SdkSend): SendMessageRequest {
  const message = {
    messageId: randomUUID(),
    role: 'ROLE_USER',
    parts,
    ...(skill !== undefined && { metadata: { skill } }),
    ...(taskId !== undefined && { taskId }),
  };
  return SendMessageRequest.fromJSON({ message, configuration: { returnImmediately } });
}

/** The task of an answer that is no message. */
export function sdkTask(answer: object): Task {
  if ('artifacts' in answer) return answer as Task;
  throw new Error('The agent answered with a message instead of a task.');
}

/** All parts of a task's artifacts. */
export function sdkParts({ artifacts }: Pick<Task, 'artifacts'>): readonly Part[] {
  return artifacts.flatMap(({ parts }) => parts);
}

/** The text of an event's artifact chunk; empty for any other event. */
export function sdkChunk({ payload }: StreamResponse): string {
  if (payload?.$case !== 'artifactUpdate') return '';
  const parts = payload.value.artifact?.parts ?? [];
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');
}

/** All events of a stream. */
export async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

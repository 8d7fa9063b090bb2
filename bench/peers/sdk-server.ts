/**
 * The peer: @a2a-js/sdk's own server on Express with the executor in process. Without an argument its tasks are in memory
 * alone; with the path of a database file it makes the same durable commits as ours. Writes its port to stdout.
 */
import type { AddressInfo } from 'node:net';
import type { AgentCard } from '@a2a-js/sdk';
import { DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { jsonRpcHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express from 'express';
import { CommittingTaskStore } from './committing-task-store.ts';
import { peerAgent } from './peer-agent.ts';

const card: AgentCard = {
  name: 'bench-echo',
  description: 'Answers at once.',
  supportedInterfaces: [{ url: 'http://127.0.0.1/', protocolBinding: 'JSONRPC', tenant: '', protocolVersion: '1.0' }],
  provider: undefined,
  version: '1.0.0',
  capabilities: { streaming: true, pushNotifications: false, extensions: [] },
  securitySchemes: {},
  securityRequirements: [],
  defaultInputModes: ['text/plain', 'application/json'],
  defaultOutputModes: ['text/plain'],
  skills: [],
  signatures: [],
};

const [path] = process.argv.slice(2);
const store = path === undefined ? new InMemoryTaskStore() : new CommittingTaskStore(path);
const requestHandler = new DefaultRequestHandler(card, store, peerAgent);
const server = express()
  .use('/', jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }))
  .listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));

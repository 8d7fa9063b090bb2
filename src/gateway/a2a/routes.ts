import type { FastifyInstance, FastifyRequest } from 'fastify';
import { operations } from '../../protocol/index.ts';
import type { Door } from '../door.ts';
import { addVary } from '../edge/reply.ts';
import { headerOf, placeOf } from '../edge/request.ts';
import { restWire } from '../edge/wire.ts';
import { serveCard } from './card.ts';
import { serveJsonRpc, withoutId } from './json-rpc.ts';
import { formatRoutePath, serveRest } from './rest.ts';

/** Where one agent's bindings hang, and how a request there names the agent. */
interface Base {
  readonly prefix: string;
  readonly rpcPath: string;
  readId(request: FastifyRequest): string | undefined;
}

const agentBase: Base = {
  prefix: '/a2a/:agent',
  rpcPath: '/a2a/:agent',
  readId: (request) => placeOf(request, 'agent'),
};

/** The fabric's own agent, or the one that `x-deployment-id` names. */
const rootBase: Base = {
  prefix: '',
  rpcPath: '/',
  readId: (request) => headerOf(request, 'x-deployment-id'),
};

/** Mounts both bindings and the card for every agent under `/a2a/{id}`, and at the root. */
export function mountA2a(app: FastifyInstance, door: Door): void {
  mountBase(app, door, agentBase);
  app.register(async (root) => {
    root.addHook('onRequest', (_request, reply, done) => {
      addVary(reply, 'x-deployment-id');
      done();
    });
    mountBase(root, door, rootBase);
  });
}

function mountBase(app: FastifyInstance, door: Door, { prefix, rpcPath, readId }: Base): void {
  app.post(rpcPath, { config: { wire: withoutId } }, (request, reply) => {
    void serveJsonRpc(door, request, reply, readId(request));
  });
  app.get(`${prefix}/.well-known/agent-card.json`, (request, reply) => {
    serveCard(door, request, reply, readId(request));
  });
  for (const operation of operations) {
    for (const route of operation.routes) {
      app.route({
        method: route.verb,
        url: prefix + formatRoutePath(route),
        config: { wire: restWire },
        handler: (request, reply) => {
          void serveRest({ door, operation, request, reply, id: readId(request) });
        },
      });
    }
  }
}

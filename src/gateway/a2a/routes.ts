import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Operation, operations, type RestRoute } from '../../protocol/index.ts';
import type { Door } from '../door.ts';
import { addVary } from '../edge/reply.ts';
import { headerOf, placeOf } from '../edge/request.ts';
import { oldRestWire, restWire, type Wire } from '../edge/wire.ts';
import { serveCard, serveOldCard, serveOldExtendedCard } from './card.ts';
import { serveJsonRpc, withoutId } from './json-rpc.ts';
import { formatRoutePath, serveRest } from './rest.ts';

/** Where one agent's bindings hang, and how a request there names the agent. */
interface Base {
  readonly prefix: string;
  readonly rpcPaths: readonly string[];
  readId(request: FastifyRequest): string | undefined;
}

const agentBase: Base = {
  prefix: '/a2a/:agent',
  rpcPaths: ['/a2a/:agent', '/a2a/:agent/', '/a2a/:agent/rpc'],
  readId: (request) => placeOf(request, 'agent'),
};

/** The fabric's own agent, or the one that `x-deployment-id` names. */
const rootBase: Base = {
  prefix: '',
  rpcPaths: ['/', '/rpc'],
  readId: (request) => headerOf(request, 'x-deployment-id'),
};

/** A tenant may lead the paths of 1.0. */
const tenantPlace = '/:tenant';

/** Caches and people ask for the headers of a card alone. */
const headToo = { exposeHeadRoute: true };

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

function mountBase(app: FastifyInstance, door: Door, { prefix, rpcPaths, readId }: Base): void {
  for (const path of rpcPaths) {
    app.post(path, { config: { wire: withoutId } }, (request, reply) => {
      void serveJsonRpc(door, request, reply, readId(request));
    });
  }
  app.get(`${prefix}/.well-known/agent-card.json`, headToo, (request, reply) => {
    serveCard(door, request, reply, readId(request));
  });
  app.get(`${prefix}/.well-known/agent.json`, headToo, (request, reply) => {
    serveOldCard(door, request, reply, readId(request));
  });
  app.get(`${prefix}/agent/authenticatedExtendedCard`, { config: { wire: oldRestWire } }, (request, reply) => {
    void serveOldExtendedCard(door, request, reply, readId(request));
  });
  const mount = (operation: Operation, { verb, path }: RestRoute, wire: Wire, below = ''): void => {
    app.route({
      method: verb,
      url: prefix + below + formatRoutePath(path),
      config: { wire },
      handler: (request, reply) => {
        void serveRest({ door, operation, request, reply, id: readId(request) });
      },
    });
  };
  for (const operation of operations) {
    for (const route of operation.routes) {
      mount(operation, route, restWire);
      mount(operation, route, restWire, tenantPlace);
    }
    for (const route of operation.v03.routes) mount(operation, route, oldRestWire);
  }
}

/** What one room of src/ may import, beside itself and `base`. ARCHITECTURE.md has the same table for people. */
export interface Room {
  readonly holds: string;
  readonly mayImport: readonly string[];
  /** Folders with a door of their own, beside the room's: one per foreign system. */
  readonly doors?: readonly string[];
  /** Folders whose door only the composition may use: what implements a port. */
  readonly adapters?: readonly string[];
}

/** The rooms that name adapters; tests do, too. */
export const composers: readonly string[] = ['app', 'testing'];

const domain: readonly string[] = [
  'security',
  'store',
  'log',
  'agents',
  'registry',
  'resilience',
  'tasks',
  'runtime',
  'bridge',
  'market',
  'workflow',
];

/** The rooms from the bottom up. The check derives its rules from this table, and the test re-derives them. */
export const rooms: Readonly<Record<string, Room>> = {
  base: { holds: 'errors, ids, clock, lifecycle, queue, logger and telemetry ports', mayImport: [] },
  drivers: {
    holds: 'one folder per foreign system: connection, reconnect, health, safety',
    mayImport: [],
    doors: ['aws', 'http', 'kafka', 'redis', 'sqlite'],
  },
  protocol: { holds: 'A2A: the neutral model, a codec per version, framing', mayImport: [] },
  security: { holds: 'principals, rights, call tokens, sealing of secrets', mayImport: [] },
  store: {
    holds: 'journals, documents, leases, timers, blobs; adapters',
    mayImport: ['drivers'],
    adapters: ['blobs', 'redis', 'sqlite'],
  },
  log: {
    holds: 'topics between agents; adapters',
    mayImport: ['drivers'],
    adapters: ['kafka', 'redis', 'sqlite'],
    doors: ['schema'],
  },
  agents: {
    holds: 'the AgentExecutor port, agent record and card, schemas of skills',
    mayImport: ['protocol', 'drivers'],
  },
  registry: { holds: 'who is there: announce, find, select', mayImport: ['protocol', 'agents', 'store'] },
  resilience: {
    holds: 'deadline, retry, breaker around an executor; dead letters of calls and records',
    mayImport: ['protocol', 'agents', 'store', 'log'],
  },
  tasks: {
    holds: 'the life of a task',
    mayImport: ['protocol', 'agents', 'registry', 'resilience', 'store', 'log', 'security'],
  },
  runtime: {
    holds: 'packages, deployments, supervisor, workers',
    mayImport: ['protocol', 'agents', 'registry', 'store', 'security'],
  },
  bridge: {
    holds: 'existing Redis agents, both ways',
    mayImport: ['protocol', 'agents', 'registry', 'tasks', 'drivers'],
  },
  market: {
    holds: 'requester, provider and executor roles: work that is put out to tender',
    mayImport: ['protocol', 'agents', 'registry', 'resilience', 'store', 'tasks', 'log', 'security'],
    doors: ['replay', 'roles'],
  },
  workflow: {
    holds: 'definitions, decider, engine',
    mayImport: ['protocol', 'agents', 'registry', 'resilience', 'store'],
  },
  control: { holds: 'the use cases as one typed API, and its client', mayImport: ['protocol', 'drivers', ...domain] },
  gateway: {
    holds: 'the front door: listeners, identity, limits, bindings',
    mayImport: ['control', 'tasks', 'registry', 'protocol', 'security'],
  },
  client: { holds: 'the published client library', mayImport: ['protocol', 'drivers', 'registry'] },
  cli: { holds: 'the commands', mayImport: ['protocol', 'control', 'app'] },
  app: {
    holds: 'configuration, composition, start and stop',
    mayImport: ['protocol', 'drivers', ...domain, 'control', 'gateway', 'client'],
  },
  testing: { holds: 'contract suites and doubles, published', mayImport: ['protocol', ...domain] },
};

/** Packages and guarded Node modules, and the folders of src/ that own them: nobody else imports them. */
export const owners: Readonly<Record<string, readonly string[]>> = {
  'node:sqlite': ['drivers/sqlite'],
  '@aws-sdk/client-s3': ['drivers/aws'],
  '@aws-sdk/s3-request-presigner': ['drivers/aws'],
  ajv: ['agents'],
  'ajv-formats': ['agents'],
  avsc: ['log'],
  '@platformatic/kafka': ['drivers/kafka'],
  ioredis: ['drivers/redis'],
  jose: ['security'],
  re2js: ['agents'],
  undici: ['drivers/http'],
  '@grpc/grpc-js': ['gateway'],
  '@grpc/proto-loader': ['gateway'],
  '@grpc/reflection': ['gateway'],
  protobufjs: ['gateway'],
  fastify: ['gateway'],
  '@fastify/busboy': ['gateway'],
  '@fastify/send': ['gateway'],
  commander: ['cli'],
  '@clack/prompts': ['cli'],
  picocolors: ['cli', 'app'],
  pino: ['app'],
  'prom-client': ['app'],
  yaml: ['runtime', 'app', 'cli'],
  yauzl: ['runtime'],
  yazl: ['runtime'],
  // The gateway checks with it the bodies of PAR's routes, which are its own.
  zod: ['control', 'gateway/par', 'app'],
};

/** What a message says after it has said what is wrong. */
export const advice = {
  room: 'Move the code down into a room that both may import, or let the upper room pass in what is needed.',
  door: "Import from the other room's index.ts, and export there what is meant to be used.",
  adapter: 'Name the port instead; app hands in the adapter.',
  owner:
    'Use what the owning folder exports, or a port of base; a new package gets its owner in test/architecture/rooms.ts.',
  cycle: 'Move what both files need into a third one.',
} as const;

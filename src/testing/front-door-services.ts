import { type AgentRecord, createAgentCard } from '../agents/index.ts';
import { createDiscoveryAgent, createRegistry, type Endpoint, type Registry } from '../registry/index.ts';
import {
  type Admission,
  type Authenticator,
  type CallerTokens,
  type CardSigner,
  createAdmission,
  createAuthenticator,
  createCallerTokens,
  createCallTokens,
  createCardSigner,
  createChainsInFlight,
  createEs256Key,
  createPassedCalls,
  createWorkerCredentials,
  type PassedCalls,
} from '../security/index.ts';
import { FakeTaskService, type FakeTaskServiceOptions } from './fake-task-service.ts';

export interface FrontDoorServices {
  readonly tasks: FakeTaskService;
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  readonly admission: Admission;
  readonly callerTokens: CallerTokens;
  readonly passedCalls: PassedCalls;
  readonly controlRoutes: readonly never[];
  readonly calls: { invoke(): Promise<never> };
  readonly cardSigner: CardSigner;
  publicKeys(): Promise<unknown>;
  readonly fabricAgentId: string;
  readonly createCard: typeof createAgentCard;
  /** The operator's bearer token. */
  readonly operatorToken: string;
  /** The credential of a worker of the agent `echo`. */
  readonly workerToken: string;
  /** A call token of the agent `echo`, as one of its invocations holds it. */
  readonly callToken: string;
}

/** What stands behind a front door in a test: the agents `echo` (deployed as `echo-1`), `hidden` (private) and `fabric`. */
export function createFrontDoorServices(options?: FakeTaskServiceOptions): FrontDoorServices {
  const registry = createRegistry();
  registry.announce(createDiscoveryAgent(registry, { id: 'fabric', name: 'Fabric', version: '1.0.0' }));
  registry.announce(createEndpoint('echo', 'echo-1', false));
  registry.announce(createEndpoint('hidden', 'hidden-1', true));
  const key = 'a key of the fabric, for tests only';
  const workerCredentials = createWorkerCredentials(key);
  const callTokens = createCallTokens(key);
  const chains = createChainsInFlight();
  const operatorToken = 'an-operator-token';
  const cardSigner = createCardSigner(createEs256Key());
  return {
    tasks: new FakeTaskService(options),
    registry,
    authenticator: createAuthenticator({ operatorTokens: [operatorToken], workerCredentials, callTokens, chains }),
    admission: createAdmission(),
    callerTokens: createCallerTokens(workerCredentials),
    passedCalls: createPassedCalls(chains, callTokens),
    controlRoutes: [],
    calls: { invoke: () => Promise.reject(new Error('The double does not call agents.')) },
    cardSigner,
    publicKeys: async () => ({ keys: [cardSigner.key] }),
    fabricAgentId: 'fabric',
    createCard: createAgentCard,
    operatorToken,
    workerToken: workerCredentials.issue({ agentId: 'echo', deploymentId: 'echo-1' }),
    callToken: callTokens.sign({
      origin: 'anonymous',
      path: ['echo'],
      invocationId: 'invocation-1',
      deadlineAtMs: undefined,
      correlationId: 'chain-1',
    }),
  };
}

function createEndpoint(agentId: string, id: string, isPrivate: boolean): Endpoint {
  const record: AgentRecord = {
    id: agentId,
    name: agentId,
    description: `The agent ${agentId}.`,
    version: '1.2.3',
    packageId: `${agentId}@1.2.3`,
    skills: [],
    defaultSkill: undefined,
    inputModes: ['text/plain'],
    outputModes: ['text/plain'],
    private: isPrivate,
  };
  return { id, agentId, record, executor: { execute: () => refuse() }, capacity: 1, status: 'healthy' };
}

async function* refuse(): AsyncGenerator<never> {
  yield* [];
  throw new Error('The double of the task service does not dispatch.');
}

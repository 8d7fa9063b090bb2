import type { AgentExecutor, AgentRecord, ExecutionEvent, Invocation } from '../agents/index.ts';
import { formatTimestamp, isObject, type JsonValue } from '../base/index.ts';
import type { Artifact } from '../protocol/index.ts';
import type { AgentQuery } from './agent-query.ts';
import type { AgentListing, AgentStatus, Endpoint, Registry } from './port.ts';

export interface DiscoveryAgentOptions {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

const discoverySkill = {
  id: 'agent_discovery',
  name: 'Agent discovery',
  description:
    'Lists the agents of this fabric. Arguments: id, text, skill, tag, capability, status; all optional, all must match.',
  tags: ['discovery', 'fabric'],
  examples: ['Which agents are there?', 'csv'],
  idempotent: true,
  private: false,
  timeouts: {},
};

/** The fabric's own agent as an endpoint: it answers who is there, from live data, as data and as plain text. */
export function createDiscoveryAgent(registry: Registry, { id, name, version }: DiscoveryAgentOptions): Endpoint {
  const record: AgentRecord = {
    id,
    name,
    description: 'The fabric itself: finds the agents that run here.',
    version,
    packageId: '',
    skills: [discoverySkill],
    defaultSkill: discoverySkill.id,
    inputModes: ['text/plain', 'application/json'],
    outputModes: ['application/json', 'text/plain'],
    private: false,
  };
  return { id, agentId: id, record, executor: createExecutor(registry, id), capacity: 1_000, status: 'healthy' };
}

function createExecutor(registry: Registry, ownId: string): AgentExecutor {
  return {
    async *execute(invocation: Invocation): AsyncGenerator<ExecutionEvent> {
      const query = readQuery(invocation);
      const found = query === undefined ? [] : registry.list(query);
      const open = found.filter(({ record }) => record.id !== ownId && !record.private);
      yield { kind: 'artifact', artifact: createAnswer(open), append: false, lastChunk: true };
      yield { kind: 'end', state: 'completed' };
    },
  };
}

const statuses: readonly string[] = ['starting', 'healthy', 'disabled', 'failed', 'stopped'] satisfies AgentStatus[];

/** From its data parts; a text that is one word is a text to look for, any other asks for all. */
function readQuery({ parts }: Invocation): AgentQuery | undefined {
  const data = parts.flatMap((part) => ('data' in part && isObject(part.data) ? [part.data] : []));
  const field = (name: string): string | undefined => {
    const value = data.find((object) => typeof object[name] === 'string')?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const words = parts.flatMap((part) => ('text' in part ? [part.text.trim()] : [])).join(' ');
  const isQuestion = words === '' || words.includes('?') || words.includes(' ');
  const status = field('status')?.toLowerCase();
  // No agent has a status that there is not.
  if (status !== undefined && !statuses.includes(status)) return undefined;
  return {
    id: field('id'),
    text: field('text') ?? (isQuestion ? undefined : words),
    skill: field('skill'),
    tag: field('tag'),
    capability: field('capability'),
    status: status as AgentStatus | undefined,
  };
}

function createAnswer(listings: readonly AgentListing[]): Artifact {
  const agents: JsonValue = listings.map(({ record, status, inFlight, queued, lastActivityAtMs }) => ({
    id: record.id,
    name: record.name,
    description: record.description,
    version: record.version,
    status,
    inFlight,
    queued,
    ...(lastActivityAtMs !== undefined && { lastActivityAt: formatTimestamp(lastActivityAtMs) }),
    skills: record.skills.filter((skill) => !skill.private).map((skill) => skill.id),
  }));
  const lines = listings.map(({ record, status }) => `${record.id} (${status}): ${record.description}`);
  const text = lines.length === 0 ? 'No agent matches.' : lines.join('\n');
  return { artifactId: 'agents', name: 'agents', parts: [{ data: { agents } }, { text }] };
}

import type { AgentExecutor, AgentRecord, ExecutionEvent, Invocation } from '../agents/index.ts';
import { isObject, type JsonValue } from '../base/index.ts';
import type { Artifact } from '../protocol/index.ts';
import type { AgentListing, Endpoint, Registry } from './port.ts';

export interface DiscoveryAgentOptions {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

const discoverySkill = {
  id: 'agent_discovery',
  name: 'Agent discovery',
  description: 'Lists the agents of this fabric. Arguments: text, skill, tag, status; all optional, all must match.',
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
      const filter = readFilter(invocation);
      const found = registry.list().filter(({ record }) => record.id !== ownId && !record.private);
      const matching = found.filter((listing) => matches(listing, filter));
      yield { kind: 'artifact', artifact: createAnswer(matching), append: false, lastChunk: true };
      yield { kind: 'end', state: 'completed' };
    },
  };
}

type Filter = Readonly<Record<'text' | 'skill' | 'tag' | 'status', string | undefined>>;

function readFilter({ parts }: Invocation): Filter {
  const data = parts.flatMap((part) => ('data' in part && isObject(part.data) ? [part.data] : []));
  const field = (name: string): string | undefined => {
    const value = data.find((object) => typeof object[name] === 'string')?.[name];
    return typeof value === 'string' && value !== '' ? value.toLowerCase() : undefined;
  };
  const words = parts.flatMap((part) => ('text' in part ? [part.text.trim().toLowerCase()] : [])).join(' ');
  const isQuestion = words === '' || words.includes('?') || words.includes(' ');
  return {
    text: field('text') ?? (isQuestion ? undefined : words),
    skill: field('skill'),
    tag: field('tag'),
    status: field('status'),
  };
}

function matches({ record, status }: AgentListing, filter: Filter): boolean {
  const skills = record.skills.filter((skill) => !skill.private);
  const words = [
    record.id,
    record.name,
    record.description,
    ...skills.flatMap((skill) => [skill.id, skill.description, ...skill.tags]),
  ];
  return (
    (filter.text === undefined || words.some((word) => word.toLowerCase().includes(filter.text ?? ''))) &&
    (filter.skill === undefined || skills.some((skill) => skill.id.toLowerCase() === filter.skill)) &&
    (filter.tag === undefined || skills.some((skill) => skill.tags.some((tag) => tag.toLowerCase() === filter.tag))) &&
    (filter.status === undefined || status === filter.status)
  );
}

function createAnswer(listings: readonly AgentListing[]): Artifact {
  const agents: JsonValue = listings.map(({ record, status, inFlight }) => ({
    id: record.id,
    name: record.name,
    description: record.description,
    version: record.version,
    status,
    inFlight,
    skills: record.skills.filter((skill) => !skill.private).map((skill) => skill.id),
  }));
  const lines = listings.map(({ record, status }) => `${record.id} (${status}): ${record.description}`);
  const text = lines.length === 0 ? 'No agent matches.' : lines.join('\n');
  return { artifactId: 'agents', name: 'agents', parts: [{ data: { agents } }, { text }] };
}

import type { JsonValue } from '../../base/index.ts';

/** An agent as its hash `agent:{id}` describes it. */
export interface RedisAgent {
  readonly id: string;
  /** opus, sonnet, subagent, or any other. */
  readonly type: string;
  readonly capabilities: readonly string[];
  /** `active` while it takes work. */
  readonly status: string;
  /** As it is written: local time of the agent's machine, without a zone; empty when there is none. */
  readonly lastHeartbeat: string;
  /** Set by a bridge on the agents that it serves: they are not to be taken for foreign ones. */
  readonly servedBy?: string;
}

/** Reads a hash; capabilities that are no list of texts are taken as far as they are. */
export function parseRedisAgent(id: string, hash: Readonly<Record<string, string>>): RedisAgent {
  const { type = 'unknown', capabilities = '', status = '', last_heartbeat: lastHeartbeat = '', served_by } = hash;
  return {
    id,
    type,
    capabilities: parseCapabilities(capabilities),
    status,
    lastHeartbeat,
    ...(served_by !== undefined && { servedBy: served_by }),
  };
}

/** The fields of its hash, as `HSET` takes them. */
export function formatRedisAgent(agent: RedisAgent): Readonly<Record<string, string>> {
  return {
    id: agent.id,
    type: agent.type,
    capabilities: JSON.stringify(agent.capabilities),
    status: agent.status,
    last_heartbeat: agent.lastHeartbeat,
    ...(agent.servedBy !== undefined && { served_by: agent.servedBy }),
  };
}

function parseCapabilities(text: string): readonly string[] {
  try {
    const value = JSON.parse(text) as JsonValue;
    if (Array.isArray(value)) return value.filter((item) => typeof item === 'string' && item !== '') as string[];
    return typeof value === 'object' && value !== null ? Object.keys(value) : [];
  } catch {
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '' && !/[[\]{}"]/.test(item));
  }
}

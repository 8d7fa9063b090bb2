import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { type Clock, type Component, type Logger, ParleyError } from '../base/index.ts';
import { type CardKey, parseCardKeys } from '../protocol/index.ts';
import type { RemoteAgentSettings, RemoteAgents } from '../registry/index.ts';
import { loadYaml } from '../runtime/index.ts';

export interface AgentsFileOptions {
  readonly path: string;
  readonly agents: Pick<RemoteAgents, 'set'>;
  /** Where credentials are taken from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const lookMs = 1_000;
const maxBytes = 1024 * 1024;

/**
 * Keeps the agents that a file names announced; it is read again within a second after it has changed. A file that is not valid
 * is CONFIG_INVALID at the start, and later leaves everything as it was, with a warning.
 */
export function createAgentsFile({ path, agents, environment, clock, logger }: AgentsFileOptions): Component {
  let seen = '';
  let cancel = (): void => {};
  const look = (): void => {
    try {
      const stamp = stampOf(path);
      if (stamp !== seen) {
        seen = stamp;
        agents.set('file', readAgentsFile(path, environment));
      }
    } catch (thrown) {
      logger.warn('the file of agents is not valid and changes nothing', {
        path,
        error: ParleyError.from(thrown).message,
      });
    }
    cancel = clock.schedule(lookMs, look);
  };
  return {
    name: 'file of agents',
    async start() {
      seen = stampOf(path);
      agents.set('file', readAgentsFile(path, environment));
      cancel = clock.schedule(lookMs, look);
    },
    async stop() {
      cancel();
    },
  };
}

const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be letters, digits, ".", "_" and "-"');

const entry = z.strictObject({
  id,
  agent: id.optional(),
  url: z.url({ protocol: /^https?$/ }).max(8_192),
  tags: z.array(z.string().min(1).max(128)).max(100).optional(),
  weight: z.number().min(0).max(1_000).optional(),
  zone: z.string().min(1).max(128).optional(),
  keys: z.string().min(1).max(4_096).optional(),
  credentials: z
    .strictObject({
      env: z.string().min(1).max(256),
      header: z
        .string()
        .regex(/^[A-Za-z0-9-]+$/)
        .default('authorization'),
      scheme: z.string().regex(/^\S*$/).optional(),
    })
    .optional(),
});

const schema = z.strictObject({ agents: z.array(entry).max(10_000).default([]) });

/** The agents in the file, with credentials from the environment. CONFIG_INVALID names what is wrong; never a credential. */
export function readAgentsFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly RemoteAgentSettings[] {
  const parsed = schema.safeParse(parseYaml(path));
  if (!parsed.success) throw invalid(path, z.prettifyError(parsed.error), parsed.error);
  const { agents } = parsed.data;
  const twice = agents.find((one, index) => agents.findIndex((other) => other.id === one.id) !== index);
  if (twice) throw invalid(path, `The id "${twice.id}" is there twice.`);
  return agents.map(({ credentials, keys, ...settings }) => ({
    ...settings,
    ...(keys !== undefined && { keys: readKeys(path, keys) }),
    ...resolveCredentials(credentials, environment),
  }));
}

/** The set that an operator keeps of one agent's keys; its path counts from the folder of the agents' file. */
function readKeys(path: string, keys: string): readonly CardKey[] {
  const file = resolve(dirname(path), keys);
  try {
    return parseCardKeys(readFileSync(file, 'utf8'), file);
  } catch (thrown) {
    throw invalid(path, thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
}

function resolveCredentials(
  credentials: z.infer<typeof entry>['credentials'],
  environment: Readonly<Record<string, string | undefined>>,
): Pick<RemoteAgentSettings, 'headers' | 'problem'> {
  if (credentials === undefined) return {};
  const { env, header, scheme = header.toLowerCase() === 'authorization' ? 'Bearer' : '' } = credentials;
  const value = environment[env];
  if (value === undefined || value === '') return { problem: `the environment variable ${env} is not set` };
  return { headers: { [header.toLowerCase()]: scheme === '' ? value : `${scheme} ${value}` } };
}

function parseYaml(path: string): unknown {
  try {
    if (statSync(path).size > maxBytes) throw new Error(`The file is larger than ${maxBytes} bytes.`);
    return loadYaml().parse(readFileSync(path, 'utf8'), { maxAliasCount: 0 }) ?? {};
  } catch (thrown) {
    throw invalid(path, thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
}

/** Changes when the file does; a file that is gone has one, too. */
function stampOf(path: string): string {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts === undefined ? 'gone' : `${facts.mtimeMs} ${facts.size} ${facts.ino}`;
}

function invalid(path: string, problem: string, cause?: unknown): ParleyError {
  return new ParleyError('CONFIG_INVALID', `The file of agents ${path} is not valid. ${problem}`, { cause });
}

import { hasCode, ParleyError } from '../../base/index.ts';
import type { CompatibilityLevel } from './compatibility.ts';
import type { RegisteredSchema, SchemaRegistry, SchemaStorage } from './port.ts';
import { type Decision, decideLevel, decideRegister } from './registry-decisions.ts';
import { findSchema, judge, levelOf, requireId, versionOf, versionsOf } from './registry-queries.ts';
import type { RegistryRecord } from './registry-record.ts';
import { applyRecord, createRegistryState, type RegistryState, type VersionEntry } from './registry-state.ts';

/** A registry of the node's own: the port, and what its REST API needs beyond it. */
export interface EmbeddedRegistry extends SchemaRegistry {
  /** The state as it is in the storage now; other nodes may have written. */
  look(): Promise<RegistryState>;
  /** Decides on the newest state and keeps what came of it; decides again when another node was faster. */
  change<Answer>(decide: (state: RegistryState) => Decision<Answer>): Promise<Answer>;
}

/** So often another node may be faster before somebody is told to try again. */
const maxTries = 20;

/** A registry over a storage that other nodes may use, too. Reads nothing before it is asked. */
export function createEmbeddedRegistry(storage: SchemaStorage): EmbeddedRegistry {
  const state = createRegistryState();
  let position = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const next = turn.then(run, run);
    turn = next.catch(() => {});
    return next;
  };
  const catchUp = async (): Promise<RegistryState> => {
    for (let records = await storage.read(position); records.length > 0; records = await storage.read(position)) {
      for (const record of records) applyRecord(state, JSON.parse(record) as RegistryRecord);
      position += records.length;
    }
    return state;
  };
  const keep = async <Answer>(decide: (state: RegistryState) => Decision<Answer>): Promise<Answer> => {
    for (let tries = 0; tries < maxTries; tries++) {
      const { records, answer } = decide(await catchUp());
      if (records.length === 0) return answer;
      try {
        await storage.append(
          position,
          records.map((record) => JSON.stringify(record)),
        );
        await catchUp();
        return answer;
      } catch (thrown) {
        if (!hasCode(thrown, 'VERSION_CONFLICT')) throw thrown;
      }
    }
    throw new ParleyError('UNAVAILABLE', 'Too many nodes write schemas at once. Try again.', { retryAfterMs: 1_000 });
  };
  const look = (): Promise<RegistryState> => inTurn(catchUp);
  const change: EmbeddedRegistry['change'] = (decide) => inTurn(() => keep(decide));
  return { look, change, ...createPort(look, change) };
}

function createPort(look: EmbeddedRegistry['look'], change: EmbeddedRegistry['change']): SchemaRegistry {
  return {
    register: async (subject, schema) => (await change((state) => decideRegister(state, { subject, schema }))).id,
    getById: async (id) => requireId(await look(), id).schema,
    getVersion: async (subject, version) => toView(versionOf(await look(), subject, { version })),
    async lookup(subject, schema) {
      const found = findSchema(await look(), { subject, schema });
      return found && toView(found);
    },
    listVersions: async (subject) => versionsOf(await look(), subject).map(({ version }) => version),
    async listSubjects() {
      const { subjects } = await look();
      return [...subjects].filter(([, entries]) => entries.some(({ deleted }) => !deleted)).map(([name]) => name);
    },
    async check(subject, schema) {
      const violations = judge(await look(), { subject, schema });
      return { compatible: violations.length === 0, messages: violations.map(({ message }) => message) };
    },
    getCompatibility: async (subject) => levelOf(await look(), subject ?? null),
    setCompatibility: (level: CompatibilityLevel, subject) =>
      change((state) => decideLevel(state, { subject: subject ?? null, level })),
    close: async () => {},
  };
}

/** A version as callers see it. */
export function toView({ subject, version, id, schema }: VersionEntry): RegisteredSchema {
  return { subject, version, id, schema };
}

import { findSchemaFaults, type TimeoutSettings } from '../../agents/index.ts';
import type { JsonObject } from '../../base/index.ts';
import type { HandlerSpec } from '../worker-protocol/frames.ts';
import { parseHandler, type RuntimeKind } from './handler-spec.ts';
import { readHandler, stdinMain } from './manifest-entry.ts';
import type { ManifestEntry, ManifestSkill, ManifestSurfaces } from './manifest-model.ts';
import { readResilience } from './manifest-resilience.ts';
import {
  complain,
  type ManifestScope,
  pathOf,
  readFlag,
  readNumber,
  readScope,
  readScopes,
  readText,
  readTexts,
} from './manifest-scope.ts';

/** What the skills of a package are read from. */
export interface SkillReading {
  readonly scope: ManifestScope;
  readonly kind: RuntimeKind;
  readonly entry: ManifestEntry;
  readonly surfaces: ManifestSurfaces;
  readonly packageName: string;
  readonly description: string;
  readonly capabilities: readonly string[];
}

/** The skills of a package, and which is called when none is named. */
export interface SkillSet {
  readonly skills: readonly ManifestSkill[];
  readonly defaultSkill: string | undefined;
  readonly subAgents: readonly string[];
}

const skillId = /^[A-Za-z0-9_][\w.:-]{0,127}$/;
const maxTimeoutSeconds = 30 * 24 * 3600;

type Settings = Pick<ManifestSkill, 'inputModes' | 'outputModes' | 'idempotent' | 'timeouts' | 'resilience'>;

function readTimeouts(scope: ManifestScope, fallback: TimeoutSettings): TimeoutSettings {
  const inner = readScope(scope, 'timeouts');
  if (inner === undefined) return fallback;
  const total = readNumber(inner, 'total_seconds', 0.001, maxTimeoutSeconds);
  const idle = readNumber(inner, 'idle_seconds', 0.001, maxTimeoutSeconds);
  return {
    ...fallback,
    ...(total !== undefined && { totalMs: Math.round(total * 1000) }),
    ...(idle !== undefined && { idleMs: Math.round(idle * 1000) }),
  };
}

function readSettings(scope: ManifestScope, fallback: Settings): Settings {
  const inputModes = readTexts(scope, 'input_modes');
  const outputModes = readTexts(scope, 'output_modes');
  const resilience = readResilience(scope);
  return {
    inputModes: inputModes.length > 0 ? inputModes : fallback.inputModes,
    outputModes: outputModes.length > 0 ? outputModes : fallback.outputModes,
    idempotent: readFlag(scope, 'idempotent') ?? fallback.idempotent,
    timeouts: readTimeouts(scope, fallback.timeouts),
    ...(resilience && { resilience }),
  };
}

function readSchema(scope: ManifestScope, key: string): JsonObject | undefined {
  // Its keys are the schema's, not the manifest's: no warning of unknown fields below here.
  const schema = readScope(scope, key)?.values as JsonObject | undefined;
  const faults = schema === undefined ? [] : findSchemaFaults(schema);
  for (const { path, message } of faults) complain(scope, path === '' ? key : `${key}.${path}`, message);
  return faults.length === 0 ? schema : undefined;
}

const schemaRef = /^[A-Za-z0-9_][\w.:-]{0,254}(?:@[1-9]\d{0,9})?$/;

function readSchemaRef(scope: ManifestScope, key: string): string | undefined {
  const ref = readText(scope, `${key}_ref`);
  if (ref === undefined) return undefined;
  if (scope.values[key] !== undefined) return complain(scope, `${key}_ref`, `${key} is there, too; write one of them`);
  if (schemaRef.test(ref)) return ref;
  return complain(scope, `${key}_ref`, 'this is "subject" or "subject@version" of the schema registry');
}

type Schemas = 'inputSchema' | 'outputSchema' | 'inputSchemaRef' | 'outputSchemaRef' | 'roleRequired';

function readSchemas(scope: ManifestScope): Pick<ManifestSkill, Schemas> {
  const inputSchemaRef = readSchemaRef(scope, 'input_schema');
  const outputSchemaRef = readSchemaRef(scope, 'output_schema');
  const inputSchema = readSchema(scope, 'input_schema');
  const outputSchema = readSchema(scope, 'output_schema');
  const roleRequired = readText(scope, 'role_required');
  return {
    ...(inputSchema && { inputSchema }),
    ...(outputSchema && { outputSchema }),
    ...(inputSchemaRef !== undefined && { inputSchemaRef }),
    ...(outputSchemaRef !== undefined && { outputSchemaRef }),
    ...(roleRequired && { roleRequired }),
  };
}

function fallbackHandler(reading: SkillReading): HandlerSpec | undefined {
  if (reading.entry.kind === 'entrypoint') return reading.entry.handler;
  const service = reading.surfaces.a2a?.service;
  return service && { adapter: 'custom-handlers', ...service };
}

function readExportHandler(reading: SkillReading, scope: ManifestScope): HandlerSpec | undefined {
  if (reading.entry.kind === 'program') {
    if (readText(scope, 'handler') !== undefined)
      scope.source.problems.warn(
        pathOf(scope, 'handler'),
        'a package with a command has no handlers; the program is asked',
      );
    return undefined;
  }
  const main = readText(reading.scope, 'main_module') ?? moduleOfEntry(reading.entry);
  if (readText(scope, 'handler') !== undefined)
    return readHandler(scope, 'handler', (text) => parseHandler(text, reading.kind, main));
  return fallbackHandler(reading) ?? complain(scope, 'handler', 'a handler is missing; write "module:function"');
}

function moduleOfEntry(entry: ManifestEntry): string | undefined {
  return entry.kind === 'entrypoint' ? entry.handler.module : undefined;
}

function readId(scope: ManifestScope): string | undefined {
  const key = readText(scope, 'id') === undefined ? 'name' : 'id';
  const id = readText(scope, key);
  if (id === undefined) return complain(scope, 'name', 'a name is missing');
  if (skillId.test(id)) return id;
  return complain(scope, key, 'this may hold letters, digits and _ . : - only, at most 128');
}

function readExport(reading: SkillReading, scope: ManifestScope, defaults: Settings): ManifestSkill | undefined {
  const id = readId(scope);
  const type = readText(scope, 'type') ?? 'function';
  if (type !== 'function')
    scope.source.problems.warn(pathOf(scope, 'type'), `${type} is not known; it is called as a function`);
  const skill = {
    name: readText(scope, 'name') ?? id ?? '',
    description: readText(scope, 'description') ?? '',
    tags: readTexts(scope, 'tags'),
    examples: readTexts(scope, 'examples'),
    private: readFlag(scope, 'private') ?? false,
    ...readSettings(scope, defaults),
    ...readSchemas(scope),
    handler: readExportHandler(reading, scope),
  };
  return id === undefined ? undefined : { id, ...skill };
}

function createPlainSkill(id: string, rest: Partial<ManifestSkill>, defaults: Settings): ManifestSkill {
  return {
    id,
    name: id,
    description: '',
    tags: [],
    examples: [],
    private: false,
    handler: undefined,
    ...defaults,
    ...rest,
  };
}

/** A capability or a sub-agent's name is free text: what cannot stand in an id becomes a hyphen. */
function toId(text: string): string {
  return text
    .trim()
    .replace(/[^\w.:-]+/g, '-')
    .replace(/^[^A-Za-z0-9_]+/, '')
    .slice(0, 128);
}

function readSubAgent(reading: SkillReading, scope: ManifestScope, defaults: Settings): ManifestSkill | undefined {
  const name = readText(scope, 'name');
  const id = toId(name ?? '');
  if (name === undefined || id === '') return complain(scope, 'name', 'a sub-agent needs a name');
  const rest = {
    name,
    description: readText(scope, 'description') ?? '',
    tags: readTexts(scope, 'capabilities'),
    private: readFlag(scope, 'public') === false,
    handler: reading.entry.kind === 'program' ? undefined : fallbackHandler(reading),
  };
  return createPlainSkill(id, rest, defaults);
}

function readSubAgents(reading: SkillReading, defaults: Settings): readonly ManifestSkill[] {
  const { scope } = reading;
  const metadata = scope.values['metadata'] === undefined ? undefined : readScope(scope, 'metadata');
  const scopes = [...(metadata ? readScopes(metadata, 'sub_agents') : []), ...readScopes(scope, 'sub_agents')];
  return scopes.map((inner) => readSubAgent(reading, inner, defaults)).filter((skill) => skill !== undefined);
}

function isStdinMain({ kind, entry }: SkillReading): boolean {
  return stdinMain(kind, entry) !== undefined;
}

/** What can be called when no export says so: the capabilities, or one skill named after the function or the package. */
function createOwnSkills(
  reading: SkillReading,
  exported: readonly ManifestSkill[],
  defaults: Settings,
): ManifestSkill[] {
  const { entry, capabilities, description, packageName } = reading;
  if (entry.kind !== 'entrypoint' && entry.kind !== 'program') return [];
  const handler = entry.kind === 'entrypoint' ? entry.handler : undefined;
  const ids = capabilities.map((text) => [toId(text), text] as const).filter(([id]) => id !== '');
  if (exported.length === 0 && ids.length > 0)
    return ids.map(([id, name]) => createPlainSkill(id, { name, description, tags: [name], handler }, defaults));
  const used = exported.some((skill) => skill.handler === undefined || sameHandler(skill.handler, handler));
  if (used || (exported.length > 0 && (isStdinMain(reading) || entry.kind === 'program'))) return [];
  const id = isStdinMain(reading) || handler?.adapter !== 'function' ? packageName : handler.name;
  return [createPlainSkill(id, { name: id, description, tags: capabilities, handler }, defaults)];
}

function sameHandler(a: HandlerSpec, b: HandlerSpec | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function checkMix(reading: SkillReading, exported: readonly ManifestSkill[], scopes: readonly ManifestScope[]): void {
  if (!isStdinMain(reading) || !scopes.some((scope) => scope.values['handler'] !== undefined)) return;
  scopes.forEach((scope, i) => {
    if (scope.values['handler'] === undefined && exported[i] !== undefined)
      complain(
        scope,
        'handler',
        'other exports have handlers, so this one needs its own: `main` is a program and not asked',
      );
  });
}

function readExports(reading: SkillReading, defaults: Settings): readonly ManifestSkill[] {
  const scopes = readScopes(reading.scope, 'exports');
  const skills = scopes.map((scope) => readExport(reading, scope, defaults)).filter((skill) => skill !== undefined);
  const seen = new Set<string>();
  skills.forEach((skill, i) => {
    const scope = scopes[i];
    if (scope !== undefined && seen.has(skill.id)) complain(scope, 'name', `the skill ${skill.id} is there twice`);
    seen.add(skill.id);
  });
  checkMix(reading, skills, scopes);
  return skills;
}

function chooseDefault(
  reading: SkillReading,
  skills: readonly ManifestSkill[],
  own: readonly ManifestSkill[],
): string | undefined {
  const wanted = readText(reading.scope, 'default_skill');
  if (wanted !== undefined && !skills.some((skill) => skill.id === wanted)) {
    if (reading.surfaces.a2a?.service === undefined)
      complain(
        reading.scope,
        'default_skill',
        `there is no skill ${wanted}; the skills are ${skills.map((skill) => skill.id).join(', ')}`,
      );
    return wanted;
  }
  // Whether a service has a handler of a sub-agent's name only its worker knows.
  const only = skills.length === 1 && skills[0]?.handler?.adapter !== 'custom-handlers' ? skills[0]?.id : undefined;
  return wanted ?? own[0]?.id ?? only ?? skills.find((skill) => skill.id === 'default')?.id;
}

/** Reads exports, entrypoint, capabilities and sub_agents into the skills of one agent; the first of an id wins. */
export function readSkills(reading: SkillReading): SkillSet {
  const none: Settings = { inputModes: [], outputModes: [], idempotent: false, timeouts: {} };
  const defaults = readSettings(reading.scope, none);
  const exported = readExports(reading, defaults);
  const own = createOwnSkills(reading, exported, defaults);
  const subAgents = readSubAgents(reading, defaults);
  const byId = new Map<string, ManifestSkill>();
  for (const skill of [...exported, ...own, ...subAgents]) if (!byId.has(skill.id)) byId.set(skill.id, skill);
  const skills = [...byId.values()];
  return { skills, defaultSkill: chooseDefault(reading, skills, own), subAgents: subAgents.map((skill) => skill.id) };
}

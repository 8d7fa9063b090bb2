import { hasCode, ParleyError } from '../../base/index.ts';
import type {
  ChangeVerdict,
  CompatibilityLevel,
  RegisteredSchema,
  SchemaDifference,
  SchemaRegistry,
  WantedChange,
} from '../../log/schema/index.ts';

/** A subject in a list. */
export interface SubjectView {
  readonly subject: string;
  /** The newest. */
  readonly version: number;
  readonly id: number;
  readonly versions: number;
  readonly compatibility: CompatibilityLevel;
}

/** A schema with what holds for its subject. */
export interface SchemaView extends RegisteredSchema {
  readonly compatibility: CompatibilityLevel;
  readonly versions: readonly number[];
}

export interface SchemaDiff {
  readonly subject: string;
  readonly from: number;
  readonly to: number;
  readonly differences: readonly SchemaDifference[];
}

/** Schemas, for operators. NOT_FOUND for a subject or version that is not there, and what the registry says. */
export interface SchemaControl {
  list(): Promise<readonly SubjectView[]>;
  show(subject: string, version?: number): Promise<SchemaView>;
  /** Whether the schema might be the subject's next version; nothing is changed. SCHEMA_INVALID. */
  check(subject: string, schema: string): Promise<ChangeVerdict>;
  /** SCHEMA_INVALID; SCHEMA_INCOMPATIBLE with `details.violations`. `compatibility` is the subject's from then on; when the schema is refused it stays what it was. */
  register(subject: string, schema: string, compatibility?: CompatibilityLevel): Promise<SchemaView>;
  /** Default: the newest version and the one before it. */
  diff(
    subject: string,
    versions?: { readonly from?: number | undefined; readonly to?: number | undefined },
  ): Promise<SchemaDiff>;
}

/** The registry that the node uses; asked for with the first call. */
export type OpenSchemas = () => Promise<SchemaRegistry>;

/** The use cases over a registry, whoever's it is. */
export function createSchemaControl(open: OpenSchemas): SchemaControl {
  const show = async (subject: string, version?: number): Promise<SchemaView> => {
    const registry = await open();
    const found = await registry.getVersion(subject, version ?? 'latest');
    const compatibility = await registry.getCompatibility(subject);
    return { ...found, compatibility, versions: await registry.listVersions(subject) };
  };
  const judge = async (change: WantedChange): Promise<ChangeVerdict> => {
    const { explainChange } = await import('../../log/schema/index.ts');
    return explainChange(await open(), change);
  };
  return {
    show,
    check: (subject, schema) => judge({ subject, schema }),
    async list() {
      const registry = await open();
      const subjects = [...(await registry.listSubjects())].sort();
      return Promise.all(subjects.map((subject) => describeSubject(registry, subject)));
    },
    async register(subject, schema, compatibility) {
      const registry = await open();
      const { violations } = await judge({ subject, schema, level: compatibility });
      if (violations.length > 0) throw incompatible(subject, violations);
      const setLevel = async (): Promise<void> => {
        if (compatibility !== undefined) await registry.setCompatibility(compatibility, subject);
      };
      // Some registries, such as Apicurio, know a subject with its first version only.
      const isNew = await setLevel().then(() => false, orNew);
      await registry.register(subject, schema);
      if (isNew) await setLevel();
      const registered = await registry.lookup(subject, schema);
      return show(subject, registered?.version);
    },
    async diff(subject, { from, to } = {}) {
      const registry = await open();
      const versions = await registry.listVersions(subject);
      const last = to ?? versions.at(-1) ?? 1;
      const first = from ?? versions.findLast((version) => version < last) ?? last;
      const [before, after] = await Promise.all([first, last].map((version) => registry.getVersion(subject, version)));
      const { diffSchemas } = await import('../../log/schema/index.ts');
      return { subject, from: first, to: last, differences: diffSchemas(before?.schema ?? '', after?.schema ?? '') };
    },
  };
}

function orNew(thrown: unknown): true {
  if (hasCode(thrown, 'NOT_FOUND')) return true;
  throw ParleyError.from(thrown);
}

async function describeSubject(registry: SchemaRegistry, subject: string): Promise<SubjectView> {
  const [{ version, id }, versions, compatibility] = await Promise.all([
    registry.getVersion(subject, 'latest'),
    registry.listVersions(subject),
    registry.getCompatibility(subject),
  ]);
  return { subject, version, id, versions: versions.length, compatibility };
}

function incompatible(subject: string, violations: ChangeVerdict['violations']): ParleyError {
  const shown = violations.slice(0, 5).map(({ message }) => message);
  const message = `The schema cannot be the next version of ${subject}. ${shown.join(' ')} Keep old fields, or give new ones a default.`;
  return new ParleyError('SCHEMA_INCOMPATIBLE', message, { details: { violations } });
}

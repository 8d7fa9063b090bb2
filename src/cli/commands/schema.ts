import { type Command, Option } from 'commander';
import type { CompatibilityLevel, SchemaDiff, SchemaView, SubjectView, Violation } from '../../control/index.ts';
import { parseCount } from '../parse-options.ts';
import { readText } from '../read-text.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

const listExamples = `
Examples:
  parley schema list                               subjects with their newest versions`;

const showExamples = `
Examples:
  parley schema show task-requests-value           the newest version
  parley schema show task-requests-value --schema-version 1`;

const checkExamples = `
Examples:
  parley schema check task-requests-value ./TaskRequest.avsc    which field would break whom; exit code 1 when one does`;

const registerExamples = `
Examples:
  parley schema register jobs-value ./Job.avsc
  parley schema register jobs-value ./Job.avsc --compatibility FULL`;

const diffExamples = `
Examples:
  parley schema diff jobs-value                    what the newest version changed
  parley schema diff jobs-value --from 1 --to 3`;

/** Adds `schema` with its commands. */
export function addSchemaCommands(program: Command, runner: Runner): void {
  const schema = program
    .command('schema')
    .description('Avro schemas of the message log: subjects, versions, compatibility')
    .helpCommand(false);
  addList(schema, runner);
  addShow(schema, runner);
  addCheck(schema, runner);
  addRegister(schema, runner);
  addDiff(schema, runner);
}

function addList(schema: Command, { run }: Runner): void {
  schema
    .command('list')
    .description('show the subjects')
    .addHelpText('after', listExamples)
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const subjects = await client.schemas.list();
          context.print({ subjects }, () =>
            formatTable(['SUBJECT', 'VERSION', 'ID', 'VERSIONS', 'COMPATIBILITY'], subjects.map(toRow)),
          );
          return 0;
        });
      }),
    );
}

function addShow(schema: Command, { run }: Runner): void {
  schema
    .command('show')
    .description('show a schema')
    .argument('<subject>', 'name of the subject')
    .option('--schema-version <number>', 'which version (default: the newest)', parseCount)
    .addHelpText('after', showExamples)
    .action(
      run<{ schemaVersion?: number }, [string]>((context, { schemaVersion }, subject) => {
        return context.useNode(async (client) => {
          const view = await client.schemas.show(subject, schemaVersion);
          context.print(view, () => `${formatHead(view)}\n${JSON.stringify(JSON.parse(view.schema), undefined, 2)}`);
          return 0;
        });
      }),
    );
}

function addCheck(schema: Command, { run }: Runner): void {
  schema
    .command('check')
    .description('say whether a schema may be the next version, and which field breaks whom')
    .argument('<subject>', 'name of the subject')
    .argument('<file>', 'Avro schema in JSON')
    .addHelpText('after', checkExamples)
    .action(
      run<object, [string, string]>((context, _options, subject, file) => {
        return context.useNode(async (client) => {
          const verdict = await client.schemas.check(subject, await readText(file));
          const fine = `It may be the next version of ${subject} (${verdict.level}).`;
          context.print(verdict, () => (verdict.compatible ? fine : formatViolations(subject, verdict)));
          return verdict.compatible ? 0 : 1;
        });
      }),
    );
}

function addRegister(schema: Command, { run }: Runner): void {
  schema
    .command('register')
    .description('make a schema the next version of a subject')
    .argument('<subject>', 'name of the subject')
    .argument('<file>', 'Avro schema in JSON')
    .addOption(new Option('--compatibility <level>', 'of the subject from now on').argParser(toLevel))
    .addHelpText('after', registerExamples)
    .action(
      run<{ compatibility?: CompatibilityLevel }, [string, string]>((context, { compatibility }, subject, file) => {
        return context.useNode(async (client) => {
          const view = await client.schemas.register(subject, await readText(file), compatibility);
          context.print(view, () => formatHead(view));
          return 0;
        });
      }),
    );
}

function addDiff(schema: Command, { run }: Runner): void {
  schema
    .command('diff')
    .description('show what differs between two versions')
    .argument('<subject>', 'name of the subject')
    .option('--from <number>', 'earlier version (default: the one before)', parseCount)
    .option('--to <number>', 'later version (default: the newest)', parseCount)
    .addHelpText('after', diffExamples)
    .action(
      run<{ from?: number; to?: number }, [string]>((context, versions, subject) => {
        return context.useNode(async (client) => {
          const diff = await client.schemas.diff(subject, versions);
          context.print(diff, () => formatDiff(diff));
          return 0;
        });
      }),
    );
}

/** The node knows the levels, and lists them when this is none. */
function toLevel(text: string): CompatibilityLevel {
  return text.toUpperCase() as CompatibilityLevel;
}

function toRow({ subject, version, id, versions, compatibility }: SubjectView): string[] {
  return [subject, String(version), String(id), String(versions), compatibility];
}

function formatHead({ subject, version, id, compatibility }: SchemaView): string {
  return `${subject} version ${version}, id ${id}, ${compatibility}`;
}

function formatViolations(
  subject: string,
  { level, violations }: { readonly level: string; readonly violations: readonly Violation[] },
): string {
  const lines = violations.map(({ message }) => `  ${message}`);
  return [`It cannot be the next version of ${subject} (${level}):`, ...lines].join('\n');
}

const signs = { added: '+', removed: '-', changed: '~' };

function formatDiff({ subject, from, to, differences }: SchemaDiff): string {
  if (differences.length === 0) return `Versions ${from} and ${to} of ${subject} are alike.`;
  const lines = differences.map(({ change, field, before, after }) => {
    const what = change === 'changed' ? `${before} -> ${after}` : (after ?? before);
    return `${signs[change]} ${field === '' ? 'the schema' : field}: ${what}`;
  });
  return [`${subject} ${from} -> ${to}`, ...lines].join('\n');
}

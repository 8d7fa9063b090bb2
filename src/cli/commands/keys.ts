import { type Command, Option } from 'commander';
import type { ApiKey, NewApiKey } from '../../control/index.ts';
import { formatTime } from '../format.ts';
import { collectText, parseDays } from '../parse-options.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

const createExamples = `
Examples:
  parley keys create ci                                    may do what every caller may
  parley keys create reports --agent analyst --days 90     may call one agent, for 90 days
  parley keys create auditor --allow read                  may look at its tasks, and call nothing
  parley keys create ops --role operator                   an operator`;

const listExamples = `
Examples:
  parley keys list                             whom there are keys for`;

const revokeExamples = `
Examples:
  parley keys revoke ID                        as "parley keys list" shows it`;

interface CreateOptions {
  readonly role?: readonly string[];
  readonly agent?: readonly string[];
  readonly skill?: readonly string[];
  readonly allow?: readonly Operation[];
  readonly days?: number;
}

type Operation = NonNullable<NewApiKey['rights']>[number]['operations'][number];

/** Adds `keys` with its commands. */
export function addKeyCommands(program: Command, runner: Runner): void {
  const keys = program.command('keys').description('API keys of those who call agents').helpCommand(false);
  addCreate(keys, runner);
  addList(keys, runner);
  addRevoke(keys, runner);
}

function addCreate(keys: Command, { run }: Runner): void {
  keys
    .command('create')
    .description('make an API key; it is shown this once')
    .argument('<subject>', 'whom it is for; keys with one subject are one caller')
    .option('--role <role>', 'a role that it has; may be given several times', collectText)
    .option('--agent <id>', 'an agent that it may be used for; may be given several times (default: all)', collectText)
    .option('--skill <id>', 'a skill that it may call; may be given several times (default: all)', collectText)
    .addOption(new Option('--allow <operations...>', 'what it may do').choices(['call', 'read', 'cancel']))
    .option('--days <days>', 'how long it counts (default: until it is revoked)', parseDays)
    .addHelpText('after', createExamples)
    .action(
      run<CreateOptions, [string]>((context, options, subject) => {
        return context.useNode(async (client) => {
          const created = await client.keys.create(toRequest(subject, options, Date.now()));
          context.print({ ...created }, () => created.key);
          return 0;
        });
      }),
    );
}

function addList(keys: Command, { run }: Runner): void {
  keys
    .command('list')
    .description('show API keys, newest first, without the keys themselves')
    .addHelpText('after', listExamples)
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const known = await client.keys.list();
          context.print({ keys: known }, () => {
            if (known.length === 0) return 'There are no API keys.';
            return formatTable(['ID', 'SUBJECT', 'ROLES', 'MAY', 'CREATED', 'UNTIL'], known.map(toRow));
          });
          return 0;
        });
      }),
    );
}

function addRevoke(keys: Command, { run }: Runner): void {
  keys
    .command('revoke')
    .description('end an API key at once')
    .argument('<id>', 'id of the key')
    .addHelpText('after', revokeExamples)
    .action(
      run<object, [string]>((context, _options, id) => {
        return context.useNode(async (client) => {
          await client.keys.revoke(id);
          context.print({ id }, () => `The key ${id} counts no more.`);
          return 0;
        });
      }),
    );
}

const msPerDay = 86_400_000;
const everything = ['*'];

function toRequest(subject: string, options: CreateOptions, nowMs: number): NewApiKey {
  const { role: roles = [], agent, skill, allow, days } = options;
  const isLimited = agent !== undefined || skill !== undefined || allow !== undefined;
  const operations = allow ?? ['call', 'read', 'cancel'];
  const right = { agents: agent ?? everything, skills: skill ?? everything, operations };
  return {
    subject,
    roles,
    ...(isLimited && { rights: [right] }),
    ...(days !== undefined && { expiresAtMs: nowMs + Math.round(days * msPerDay) }),
  };
}

function toRow({ id, subject, roles, rights, createdAtMs, expiresAtMs }: ApiKey): string[] {
  const may = rights?.map(({ operations, agents }) => `${operations.join(',')}: ${agents.join(',')}`).join('; ');
  const until = expiresAtMs === undefined ? '' : formatTime(expiresAtMs);
  return [id, subject, roles.join(','), may ?? '', formatTime(createdAtMs), until];
}

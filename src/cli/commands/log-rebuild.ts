import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { RebuildReport, Verification } from '../../app/index.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../exit-code.ts';
import { plainText } from '../plain-text.ts';
import type { Runner } from '../runner.ts';

const rebuildExamples = `
Examples:
  parley log rebuild --into ./again                 tasks and negotiations, from the log alone
  parley log rebuild --into ./again --config ./production.yaml
  parley up --data-folder ./again                   a node that goes on with it`;

const verifyExamples = `
Examples:
  parley log verify                                 rebuilds, compares with the node's state, and removes what it has rebuilt
  parley log verify ./again                         compares what was rebuilt there`;

interface ConfigOptions {
  readonly config?: string;
}

/** Adds `rebuild` and `verify` to `log`. */
export function addRebuildCommands(log: Command, runner: Runner): void {
  addRebuild(log, runner);
  addVerify(log, runner);
}

function addRebuild(log: Command, { run }: Runner): void {
  log
    .command('rebuild')
    .description('make a new store of what the log says of tasks and negotiations; needs no node')
    .requiredOption('--into <folder>', 'a folder that is new or empty')
    .option('--config <file>', 'settings that say where the log is; default: config.yaml in the data folder')
    .addHelpText('after', rebuildExamples)
    .action(
      run<ConfigOptions & { into: string }, []>(async (context, { into, config }) => {
        const report = await rebuild(context, resolve(into), config);
        context.print({ into: resolve(into), ...report }, () => formatReport(report, into));
        return exitCodes.ok;
      }),
    );
}

function addVerify(log: Command, { run }: Runner): void {
  log
    .command('verify')
    .description('compare what is rebuilt from the log with what the node has')
    .argument('[folder]', 'what "log rebuild" has filled')
    .option('--config <file>', 'settings that say where the log is; default: config.yaml in the data folder')
    .addHelpText('after', verifyExamples)
    .action(
      run<ConfigOptions, [string | undefined]>(async (context, { config }, folder) => {
        const verification = await inFolder(folder, async (path, isOwn) => {
          if (isOwn) await rebuild(context, path, config);
          return compare(context, path, config);
        });
        context.print(verification, () => formatVerification(verification));
        const isFine = verification.missing.length === 0 && verification.different.length === 0;
        return isFine ? exitCodes.ok : exitCodes.failure;
      }),
    );
}

async function rebuild(context: CommandContext, into: string, config: string | undefined): Promise<RebuildReport> {
  const { runRebuild } = await import('../../app/index.ts');
  const onProgress = (events: number): void => context.terminal.status(`${events} events`);
  return runRebuild({ sources: sourcesOf(context, config), into, onProgress });
}

async function compare(context: CommandContext, folder: string, config: string | undefined): Promise<Verification> {
  const { runVerify } = await import('../../app/index.ts');
  const onProgress = (count: number): void => context.terminal.status(`${count} states compared`);
  return context.useNode((client) =>
    runVerify({ sources: sourcesOf(context, config), folder, live: client.replay.states(), onProgress }),
  );
}

function sourcesOf(
  { dataFolder, environment }: CommandContext,
  file: string | undefined,
): Parameters<typeof import('../../app/index.ts').runRebuild>[0]['sources'] {
  return { flags: { dataFolder }, environment, ...(file !== undefined && { file }) };
}

async function inFolder<T>(named: string | undefined, use: (path: string, isOwn: boolean) => Promise<T>): Promise<T> {
  if (named !== undefined) return use(resolve(named), false);
  const path = await mkdtemp(join(tmpdir(), 'parley-verify-'));
  try {
    return await use(path, true);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

const shown = 20;

function formatReport({ tasks, ended, events, incomplete, market }: RebuildReport, into: string): string {
  const lines = incomplete.slice(0, shown).map(({ taskId, reason, wanted }) => {
    return `  ${taskId}: ${reason}, event ${wanted} is wanted next`;
  });
  const partly = incomplete.length === 0 ? [] : [`The log has ${incomplete.length} tasks in part only:`, ...lines];
  const head = `In ${into}: tasks ${tasks} (${ended} ended), their events ${events}.`;
  const { negotiations, records, refused } = market;
  const bids =
    negotiations === 0 ? [] : [`Negotiations ${negotiations}, their records ${records}; refused ${refused}.`];
  const none = tasks === 0 ? ['The log has nothing of tasks: with log.relay a node publishes them.'] : [];
  return [head, ...none, ...bids, ...partly].map(plainText).join('\n');
}

function formatVerification({ equal, newer, incomplete, missing, different }: Verification): string {
  const details = different.slice(0, shown).flatMap(({ id, differences }) =>
    differences.map(({ pointer, before, after }) => {
      return `  ${id} ${pointer}: ${JSON.stringify(before)} here, ${JSON.stringify(after)} from the log`;
    }),
  );
  const absent = missing.slice(0, shown).map((id) => `  ${id}: not in the log`);
  const head = `Equal ${equal}, different ${different.length}, missing in the log ${missing.length}.`;
  const rest = `Changed since ${newer}, in the log in part only ${incomplete}.`;
  const why = missing.length === 0 ? [] : ['What is not in the log was not published: see log.relay.'];
  return [head, ...(newer + incomplete > 0 ? [rest] : []), ...details, ...absent, ...why].map(plainText).join('\n');
}

import type { Command } from 'commander';
import type { Runner } from './runner.ts';

/** Adds one command, or a group of them, to the program. */
export type AddCommands = (program: Command, runner: Runner) => void;

interface CommandModule {
  /** What the user writes first for the commands in it. */
  readonly words: readonly string[];
  readonly load: () => Promise<AddCommands>;
}

/** In the order of the help. */
const modules: readonly CommandModule[] = [
  { words: ['up'], load: async () => (await import('./commands/up.ts')).addUpCommand },
  { words: ['init'], load: async () => (await import('./commands/init.ts')).addInitCommand },
  { words: ['dev'], load: async () => (await import('./commands/dev.ts')).addDevCommand },
  { words: ['pack'], load: async () => (await import('./commands/pack.ts')).addPackCommand },
  { words: ['validate'], load: async () => (await import('./commands/validate.ts')).addValidateCommand },
  { words: ['keygen', 'sign', 'verify'], load: async () => (await import('./commands/signing.ts')).addSigningCommands },
  { words: ['verify-card'], load: async () => (await import('./commands/verify-card.ts')).addVerifyCardCommand },
  { words: ['deploy'], load: async () => (await import('./commands/deploy.ts')).addDeployCommand },
  { words: ['packages'], load: async () => (await import('./commands/packages.ts')).addPackagesCommands },
  { words: ['list'], load: async () => (await import('./commands/list.ts')).addListCommand },
  { words: ['agents'], load: async () => (await import('./commands/agents.ts')).addAgentsCommands },
  { words: ['describe'], load: async () => (await import('./commands/describe.ts')).addDescribeCommand },
  { words: ['logs'], load: async () => (await import('./commands/logs.ts')).addLogsCommand },
  { words: ['send'], load: async () => (await import('./commands/send.ts')).addSendCommand },
  { words: ['task'], load: async () => (await import('./commands/task.ts')).addTaskCommands },
  { words: ['webhooks'], load: async () => (await import('./commands/webhooks.ts')).addWebhookCommands },
  { words: ['dlq'], load: async () => (await import('./commands/dlq.ts')).addDlqCommands },
  { words: ['breaker'], load: async () => (await import('./commands/breaker.ts')).addBreakerCommands },
  { words: ['keys'], load: async () => (await import('./commands/keys.ts')).addKeyCommands },
  { words: ['bridge'], load: async () => (await import('./commands/bridge.ts')).addBridgeCommands },
  { words: ['schema'], load: async () => (await import('./commands/schema.ts')).addSchemaCommands },
  { words: ['log'], load: async () => (await import('./commands/log.ts')).addLogCommands },
  { words: ['market'], load: async () => (await import('./commands/market.ts')).addMarketCommands },
  { words: ['stop'], load: async () => (await import('./commands/stop.ts')).addStopCommand },
  { words: ['restart'], load: async () => (await import('./commands/restart.ts')).addRestartCommand },
  { words: ['scale'], load: async () => (await import('./commands/scale.ts')).addScaleCommand },
  { words: ['rollback'], load: async () => (await import('./commands/rollback.ts')).addRollbackCommand },
  { words: ['weights'], load: async () => (await import('./commands/weights.ts')).addWeightsCommand },
  { words: ['enable'], load: async () => (await import('./commands/switch.ts')).addEnableCommand },
  { words: ['disable'], load: async () => (await import('./commands/switch.ts')).addDisableCommand },
  { words: ['nodes'], load: async () => (await import('./commands/nodes.ts')).addNodesCommand },
  { words: ['status'], load: async () => (await import('./commands/status.ts')).addStatusCommand },
  { words: ['doctor'], load: async () => (await import('./commands/doctor.ts')).addDoctorCommand },
  { words: ['version'], load: async () => (await import('./commands/version.ts')).addVersionCommand },
  { words: ['completion'], load: async () => (await import('./commands/completion.ts')).addCompletionCommand },
];

/** Words whose commands are about all others. */
const wantsAll: ReadonlySet<string | undefined> = new Set(['completion']);

/**
 * The commands that a command line which begins with `word` needs: a node, and a shell that waits, carry no others. All of them
 * when it begins with none of theirs, so that help and suggestions know every one.
 */
export function loadCommands(word: string | undefined): Promise<readonly AddCommands[]> {
  const named = modules.filter(({ words }) => word !== undefined && words.includes(word));
  const needed = named.length === 0 || wantsAll.has(word) ? modules : named;
  return Promise.all(needed.map(({ load }) => load()));
}

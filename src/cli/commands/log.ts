import type { Command } from 'commander';
import type { Runner } from '../runner.ts';
import { addEraseCommand } from './log-erase.ts';
import { addReadCommands } from './log-read.ts';
import { addRebuildCommands } from './log-rebuild.ts';
import { addReplayCommand } from './log-replay.ts';
import { addTopicCommands } from './log-topics.ts';

/** Adds `log` with its commands. */
export function addLogCommands(program: Command, runner: Runner): void {
  const log = program.command('log').description('the message log between agents').helpCommand(false);
  addTopicCommands(log, runner);
  addReadCommands(log, runner);
  addReplayCommand(log, runner);
  addRebuildCommands(log, runner);
  addEraseCommand(log, runner);
}

#!/usr/bin/env node
// Plain JavaScript for any Node from 18 on: finds a Node that can run the program, and runs it there.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];
const fromTerminal = new Set(['SIGINT', 'SIGHUP', 'SIGQUIT']);
/** Commands that run a node. */
const nodeCommands = new Set(['up', 'dev']);
/** What is young has room, or much of it would be kept for long: measured, a tenth more calls than with half of it. */
const nodeFlags = nodeCommands.has(process.argv[2] ?? '') ? ['--max-semi-space-size=16'] : [];

/** The program: source in a checkout, JavaScript in the published form. */
function findProgram() {
  const found = ['src/cli/main.ts', 'dist/cli/main.js']
    .map((name) => new URL(`../${name}`, import.meta.url))
    .find((url) => existsSync(url));
  return found ?? fail('The program is not there: neither src/cli nor dist/cli. Install parley again.');
}

/** The Node that came along as an optional dependency; undefined where there is none for this machine. */
function findBundledNode() {
  try {
    const require = nodeModule.createRequire(import.meta.url);
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
    const node = join(dirname(manifest), 'bin', 'node');
    return existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}

function silenceExperimentalWarnings() {
  const emit = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    const type = typeof rest[0] === 'string' ? rest[0] : rest[0]?.type;
    if (type !== 'ExperimentalWarning') emit.call(process, warning, ...rest);
  };
}

/** Compiled code is kept between runs: less than half the start, and 40 MB less memory where types have to be stripped. */
function keepCompiledCode() {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'parley', 'compiled');
  process.env['NODE_COMPILE_CACHE'] ||= folder;
  nodeModule.enableCompileCache(process.env['NODE_COMPILE_CACHE']);
}

/** Flags that Node takes at its start only: the process becomes one that has them. */
function takeFlags() {
  const has = nodeFlags.every((flag) => process.execArgv.includes(flag));
  if (has || process.execve === undefined) return;
  silenceExperimentalWarnings();
  const script = fileURLToPath(import.meta.url);
  const args = [process.execPath, ...process.execArgv, ...nodeFlags, script, ...process.argv.slice(2)];
  // Two threads allocate much, the event loop's and the store's: a heap for each of the others is room that nobody uses.
  process.execve(process.execPath, args, { MALLOC_ARENA_MAX: '2', ...process.env });
}

async function runHere() {
  takeFlags();
  keepCompiledCode();
  silenceExperimentalWarnings();
  const { main } = await import(findProgram().href);
  process.exitCode = await main(process.argv.slice(2));
}

function runUnder(node) {
  const flags = ['--disable-warning=ExperimentalWarning', ...nodeFlags];
  const args = [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  // What is typed at a terminal reaches the child by itself: passed on, one Ctrl-C would count as two.
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of forwarded) {
    process.on(signal, () => {
      if (!atTerminal || !fromTerminal.has(signal)) child.kill(signal);
    });
  }
  // Only now: a signal that came between the two would end us and leave the child behind.
  const child = spawn(node, args, { stdio: 'inherit' });
  child.once('error', (error) => fail(`The bundled Node does not start (${error.message}). ${advice}`));
  child.once('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
    if (signal === null) return;
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  process.stderr.write(`parley: ${message}\n`);
  process.exit(1);
}

const advice = `Install Node ${neededMajor} or newer and try again.`;

if (Number.parseInt(process.versions.node, 10) >= neededMajor) {
  await runHere();
} else {
  const node = findBundledNode();
  const machine = `${process.platform} ${process.arch}`;
  if (node) runUnder(node);
  else fail(`Node ${process.versions.node} is too old and there is no bundled one for ${machine}. ${advice}`);
}

import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { canSetUsers, findClosed, probeReach } from '../../runtime/index.ts';
import type { NodeConfig } from '../config.ts';
import { checkControlGroups } from './check-cgroups.ts';
import { choosePython, type Environment } from './choose-python.ts';
import { type Finding, failed, ok, warning } from './finding.ts';

/** What holds agents in their place on this machine. */
export function checkContainment(config: NodeConfig, environment: Environment): readonly Promise<Finding>[] {
  return [
    checkUsers(config, environment),
    checkProcesses(),
    checkMemory(),
    checkProcessors(),
    checkControlGroups(),
    checkGuard(environment),
  ];
}

async function checkUsers(config: NodeConfig, environment: Environment): Promise<Finding> {
  const { dataFolder, workers } = config;
  const { mode, first, count } = workers.uids;
  if (mode === 'off') {
    return warning('users', 'Agents run as the user of the node, as workers.uids.mode is "off".', trusted);
  }
  if (!canSetUsers()) {
    const finding = 'Agents run as the user of the node, because only root can start others.';
    return mode === 'require' ? failed('users', finding, asRoot) : warning('users', finding, trusted);
  }
  const judge = mode === 'require' ? failed : warning;
  const nobody = { uid: first + count, gid: first };
  const closed = await findClosed(dataFolder, nobody);
  if (closed !== undefined) {
    return judge('users', `Agents run as root: the data folder cannot be reached: ${closed}.`, elsewhere);
  }
  const PATH = environment['PATH'] ?? '';
  for (const interpreter of await findInterpreters(config, environment)) {
    const obstacle = await probeReach({ ...nobody, interpreter, paths: [], environment: { PATH } });
    if (obstacle !== undefined) return judge('users', `Agents of ${interpreter} run as root: ${obstacle}.`, elsewhere);
  }
  return ok('users', `Each deployment runs as a user of its own, from ${first} on.`);
}

/** Node, and Python where there is one. */
async function findInterpreters(config: NodeConfig, environment: Environment): Promise<readonly string[]> {
  const node = config.workers.node ?? process.execPath;
  const python = choosePython(config, environment);
  const there = isAbsolute(python) ? await isReadable(python) : await isInPath(python, environment['PATH'] ?? '');
  return there ? [node, python] : [node];
}

const elsewhere =
  'Put the data folder, Parley and its interpreters where others may pass, such as /var/lib, /opt and /usr, or run the node as an ordinary user.';
const trusted = 'Deploy only packages that you would let into this account.';
const asRoot = 'Start the node as root, or set workers.uids.mode to "auto".';

async function checkProcesses(): Promise<Finding> {
  if (await isReadable('/proc/self/environ')) {
    return ok('processes', 'What a worker starts is found and ended with it, also when it leaves its group.');
  }
  const finding = 'There is no /proc: a process that leaves the group of its worker is not found.';
  return warning('processes', finding, 'Run agents that start others on Linux.');
}

async function checkMemory(): Promise<Finding> {
  if (await isReadable('/proc/self/stat')) {
    return ok('memory limits', 'Enforced by sampling: over its limit a worker is killed within about half a second.');
  }
  return warning('memory limits', 'Not enforced: there is no /proc to measure by.', 'Run the node on Linux.');
}

async function checkProcessors(): Promise<Finding> {
  if (await isReadable('/proc/self/stat')) {
    return ok('cpu limits', 'Enforced by pauses: a worker over its share stands still for a moment, and goes on.');
  }
  const finding = 'Not enforced: there is no /proc to measure by; a worker with a limit runs at a lower priority.';
  return warning('cpu limits', finding, 'Run the node on Linux.');
}

async function checkGuard(environment: Environment): Promise<Finding> {
  const missing = [];
  for (const program of ['grep', 'sleep'])
    if (!(await isInPath(program, environment['PATH'] ?? ''))) missing.push(program);
  if (!(await isReadable('/bin/sh'))) missing.unshift('/bin/sh');
  if (missing.length === 0)
    return ok('guard', 'Workers end with a node that is killed, also those that left their group.');
  const advice = `Install ${missing.join(' and ')}.`;
  if (missing.includes('/bin/sh'))
    return failed('guard', 'There is no shell for the process that ends workers.', advice);
  return warning('guard', `Without ${missing.join(' and ')} a node that is killed may leave processes behind.`, advice);
}

async function isInPath(program: string, path: string): Promise<boolean> {
  const found = await Promise.all(path.split(delimiter).map((folder) => isReadable(join(folder, program))));
  return found.includes(true);
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

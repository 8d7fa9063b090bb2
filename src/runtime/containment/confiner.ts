import { readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Logger, ParleyError } from '../../base/index.ts';
import type { ResourceLimits } from '../deployments/model.ts';
import type { Confinement } from '../supervisor/confinement.ts';
import { endUserProcesses } from './end-user-processes.ts';
import { findClosed, probeReach } from './probe-reach.ts';
import { closeToOthers, lendFolder, makeHome, type Opening, openToGroup } from './shared-folders.ts';
import { openUidBook, type UidBook } from './uid-book.ts';
import { claimUid, type UidClaim } from './uid-claim.ts';
import type { UidSettings } from './uid-settings.ts';

export interface ConfinerOptions {
  readonly uids: UidSettings;
  /** Absolute; the homes lie in it. */
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ConfinementRequest {
  readonly deploymentId: string;
  readonly limits: ResourceLimits;
  /** What runs the deployment: an absolute path, or a name in the environment's PATH. */
  readonly interpreter: string;
  /** Folders of the data folder that its processes read, and must not write. */
  readonly folders: readonly string[];
  /** Files outside the data folder that they read. */
  readonly files: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface PreparedConfinement {
  readonly confinement: Confinement;
  /** What of the environment follows from it; wins over the node's own. */
  readonly variables: Readonly<Record<string, string>>;
  /** Why its processes run as the node's user although the node is root. */
  readonly warning: string | undefined;
}

/**
 * Prepares what holds a deployment in its place: limits, and a user of its own where the node is root. The user of a
 * deployment stays the same as long as the deployment is known, and no other node of this machine uses it meanwhile.
 */
export class Confiner {
  readonly #options: ConfinerOptions;
  readonly #opening: Opening;
  readonly #claims = new Map<string, Promise<UidClaim>>();
  readonly #probes = new Map<string, Promise<string | undefined>>();
  readonly #warned = new Set<string>();
  #book: UidBook | undefined;

  constructor(options: ConfinerOptions) {
    this.#options = options;
    this.#opening = { dataFolder: options.dataFolder, gid: options.uids.first };
  }

  /** CONFIG_INVALID when own users are required and this process cannot give them. */
  check(): void {
    const { mode } = this.#options.uids;
    if (mode !== 'require' || canSetUsers()) return;
    throw new ParleyError(
      'CONFIG_INVALID',
      'workers.uids.mode is "require", but only a node that runs as root on Linux can start workers as other users. Start it as root, or set the mode to "auto".',
    );
  }

  /** WORKER_START_FAILED when own users are required and this one cannot reach what it needs. */
  async prepare(request: ConfinementRequest): Promise<PreparedConfinement> {
    const { memoryBytes, cpus } = request.limits;
    const limits: Confinement = {
      ...(memoryBytes !== undefined && { memoryBytes }),
      ...(cpus !== undefined && { cpus }),
    };
    const { mode, first: gid } = this.#options.uids;
    if (mode === 'off' || !canSetUsers()) return { confinement: limits, variables: {}, warning: undefined };
    const obstacle = await this.#findObstacle(request);
    if (obstacle !== undefined) return this.#goWithout(request, limits, obstacle);
    const { uid } = await this.#claim(request.deploymentId);
    const homeFolder = this.#homeOf(request.deploymentId);
    await makeHome(this.#opening, homeFolder, uid);
    return {
      confinement: { ...limits, uid, gid, homeFolder },
      variables: homeVariables(homeFolder),
      warning: undefined,
    };
  }

  /** A folder below the data folder, with a folder `tmp` in it, that only the user of these processes may enter. */
  async makeFolder(folder: string, { uid }: Confinement): Promise<void> {
    if (uid !== undefined) return makeHome(this.#opening, folder, uid);
    await mkdir(join(folder, 'tmp'), { recursive: true, mode: 0o700 });
  }

  /** Gives them a folder of the data folder, until `takeFolderBack`; nothing happens when they have no user of their own. */
  async lend(folder: string, { uid }: Confinement): Promise<void> {
    if (uid !== undefined) await lendFolder(this.#opening, folder, uid);
  }

  /** Removes the home of a deployment that is no longer known, and frees its user. */
  async forget(deploymentId: string): Promise<void> {
    const claim = await this.#claims.get(deploymentId);
    this.#claims.delete(deploymentId);
    if (canSetUsers() && this.#options.uids.mode !== 'off') this.#openBook().remove(deploymentId);
    await rm(this.#homeOf(deploymentId), { recursive: true, force: true });
    claim?.release();
  }

  /** Other nodes may have the users from now on. */
  async close(): Promise<void> {
    const claims = await Promise.allSettled(this.#claims.values());
    this.#claims.clear();
    for (const claim of claims) if (claim.status === 'fulfilled') claim.value.release();
  }

  #homeOf(deploymentId: string): string {
    return join(this.#options.dataFolder, 'homes', deploymentId);
  }

  #goWithout({ deploymentId }: ConfinementRequest, limits: Confinement, obstacle: string): PreparedConfinement {
    const { uids, logger } = this.#options;
    if (uids.mode === 'require') {
      const message = `Deployment ${deploymentId} cannot run as a user of its own, as workers.uids.mode "require" demands: ${obstacle}.`;
      throw new ParleyError('WORKER_START_FAILED', message);
    }
    const warning = `It runs as the user of the node, root, because ${obstacle}. "parley doctor" says what to do.`;
    if (!this.#warned.has(obstacle)) logger.warn('Deployments run as root.', { deployment: deploymentId, obstacle });
    this.#warned.add(obstacle);
    return { confinement: limits, variables: {}, warning };
  }

  /** What keeps that user from the data folder, the interpreter or the host; each interpreter is tried once. */
  async #findObstacle(request: ConfinementRequest): Promise<string | undefined> {
    const { dataFolder, uids } = this.#options;
    // A user of the range that no deployment gets: what it can reach, each of them can.
    const nobody = { uid: uids.first + uids.count, gid: uids.first };
    const closed = await findClosed(dataFolder, nobody);
    if (closed !== undefined) return `other users cannot reach the data folder ${dataFolder}: ${closed}`;
    await closeToOthers(this.#opening);
    for (const folder of request.folders) await openToGroup(this.#opening, folder);
    const { interpreter, environment } = request;
    const paths = [...request.folders, ...request.files];
    const known = this.#probes.get(interpreter);
    const probe = known ?? probeReach({ ...nobody, interpreter, paths, environment });
    this.#probes.set(interpreter, probe);
    return probe;
  }

  #claim(deploymentId: string): Promise<UidClaim> {
    const known = this.#claims.get(deploymentId);
    if (known !== undefined) return known;
    const claim = this.#findClaim(deploymentId);
    this.#claims.set(deploymentId, claim);
    claim.catch(() => this.#claims.delete(deploymentId));
    return claim;
  }

  async #findClaim(deploymentId: string): Promise<UidClaim> {
    const { clock, uids } = this.#options;
    for (const uid of this.#candidates(deploymentId)) {
      const claim = await claimUid(uid);
      if (claim === undefined) continue;
      this.#openBook().set(deploymentId, uid);
      await endUserProcesses(clock, uid);
      return claim;
    }
    const range = `${uids.first} to ${uids.first + uids.count - 1}`;
    throw new ParleyError('WORKER_START_FAILED', `All user ids from ${range} are in use; raise workers.uids.count.`);
  }

  *#candidates(deploymentId: string): Generator<number> {
    const { first, count } = this.#options.uids;
    const inRange = (uid: number): boolean => uid >= first && uid < first + count;
    const booked = this.#openBook().get(deploymentId);
    if (booked !== undefined && inRange(booked)) yield booked;
    const taken = new Set([...this.#openBook().taken(), ...readAccounts()]);
    for (let uid = first; inRange(uid); uid++) if (!taken.has(uid)) yield uid;
  }

  #openBook(): UidBook {
    this.#book ??= openUidBook(join(this.#options.dataFolder, 'uids.json'));
    return this.#book;
  }
}

/** Only root may start processes as others; without `/proc` what they leave behind could not be found. */
export function canSetUsers(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

function homeVariables(home: string): Readonly<Record<string, string>> {
  return { HOME: home, TMPDIR: join(home, 'tmp') };
}

/** The user ids of this machine's accounts. */
function readAccounts(): readonly number[] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => Number(line.split(':')[2]));
  } catch {
    return [];
  }
}

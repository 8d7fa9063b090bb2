import { type Clock, sleep } from '../../base/index.ts';
import { CpuThrottle } from './cpu-throttle.ts';
import { type ProcessFacts, readFacts, readPageBytes, readProportionalBytes } from './process-facts.ts';
import { type ProcessFamily, ProcessIndex } from './process-index.ts';

/** A family of processes whose memory and processor time are watched. */
export interface WatchedFamily extends ProcessFamily {
  /** Undefined: only measured. */
  readonly memoryBytes?: number | undefined;
  /** Cores that it may use; undefined: as many as there are. */
  readonly cpus?: number | undefined;
  /** Called once, with what it uses. */
  readonly onOverMemory?: ((usedBytes: number) => void) | undefined;
}

interface Watched {
  readonly family: WatchedFamily;
  usedBytes: number | undefined;
  over: boolean;
}

const sampleIntervalMs = 500;
const strayRounds = 100;
const strayPauseMs = 10;

/** One sampler for all families: what they use, who is over the limit, and who hides. It rests while there is none. */
export class ProcessWatch {
  readonly #clock: Clock;
  readonly #index = new ProcessIndex();
  readonly #watched = new Map<number, Watched>();
  readonly #throttle: CpuThrottle;
  #looping = false;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#throttle = new CpuThrottle(clock, (pid) => this.#index.membersOf(pid));
  }

  add(family: WatchedFamily): void {
    this.#watched.set(family.pid, { family, usedBytes: undefined, over: false });
    this.#index.add(family);
    if (family.cpus !== undefined) this.#throttle.add({ pid: family.pid, cpus: family.cpus });
    if (this.#looping) return;
    this.#looping = true;
    this.#arm();
  }

  remove(pid: number): void {
    this.#throttle.remove(pid);
    this.#watched.delete(pid);
    this.#index.remove(pid);
    if (this.#watched.size > 0 || this.#cancel === undefined) return;
    this.#cancel();
    this.#cancel = undefined;
    this.#looping = false;
  }

  /** Memory of the family as last sampled. */
  usedBytesOf(pid: number): number | undefined {
    return this.#watched.get(pid)?.usedBytes;
  }

  /** Kills what belongs to the family, wherever it is, and resolves when none of it runs. */
  async endAll(pid: number): Promise<void> {
    for (let round = 0; round < strayRounds; round++) {
      await this.#index.scan();
      const left = this.#index.membersOf(pid);
      if (left.length === 0) return;
      for (const member of left) killProcess(member);
      await sleep(this.#clock, strayPauseMs);
    }
  }

  #arm(): void {
    this.#cancel = this.#clock.schedule(sampleIntervalMs, () => {
      this.#cancel = undefined;
      void this.#sample();
    });
  }

  async #sample(): Promise<void> {
    await this.#index.scan();
    for (const watched of this.#watched.values()) this.#measure(watched);
    if (this.#watched.size > 0) this.#arm();
    else this.#looping = false;
  }

  #measure(watched: Watched): void {
    const { pid, memoryBytes, onOverMemory } = watched.family;
    const members = this.#index.membersOf(pid);
    watched.usedBytes = members.reduce((sum, { residentPages }) => sum + residentPages, 0) * readPageBytes();
    if (memoryBytes === undefined || watched.over || watched.usedBytes <= memoryBytes) return;
    // Pages that several processes share were counted for each: only now is it worth looking closely.
    if (members.length > 1) watched.usedBytes = measureClosely(members, watched.usedBytes);
    if (watched.usedBytes <= memoryBytes) return;
    watched.over = true;
    onOverMemory?.(watched.usedBytes);
  }
}

function measureClosely(members: readonly ProcessFacts[], estimate: number): number {
  const shares = members.map(({ pid }) => readProportionalBytes(pid));
  return shares.every((share) => share !== undefined) ? shares.reduce((sum, share) => sum + share, 0) : estimate;
}

/** The number may name another process by now: its start says so. */
function killProcess({ pid, startedAtTicks }: ProcessFacts): void {
  if (readFacts(pid)?.startedAtTicks !== startedAtTicks) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, or it belongs to somebody whom this node may not touch.
  }
}

import type { Clock } from '../../base/index.ts';
import { type CpuBudget, createCpuBudget, spendCpu } from './cpu-budget.ts';
import { type ProcessFacts, readFacts } from './process-facts.ts';
import { signalGroup } from './process-table.ts';

/** A family that may use only so many cores. */
export interface ThrottledFamily {
  readonly pid: number;
  readonly cpus: number;
}

interface Throttled extends ThrottledFamily {
  budget: CpuBudget;
  usedMs: number | undefined;
}

const intervalMs = 50;
/** The kernel counts processor time for user space in hundredths of a second. */
const tickMs = 10;

/**
 * Keeps families within their processor time without control groups: one that has used more than its share is stopped for a
 * moment, all its processes together, and then goes on. It rests while no family has a limit.
 */
export class CpuThrottle {
  readonly #clock: Clock;
  readonly #membersOf: (pid: number) => readonly ProcessFacts[];
  readonly #families = new Map<number, Throttled>();
  #lookedAtMs = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, membersOf: (pid: number) => readonly ProcessFacts[]) {
    this.#clock = clock;
    this.#membersOf = membersOf;
  }

  add({ pid, cpus }: ThrottledFamily): void {
    this.#families.set(pid, { pid, cpus, budget: createCpuBudget(cpus), usedMs: undefined });
    if (this.#cancel !== undefined) return;
    this.#lookedAtMs = this.#clock.now();
    this.#arm();
  }

  /** The family goes on, if it goes on at all. */
  remove(pid: number): void {
    const family = this.#families.get(pid);
    if (!this.#families.delete(pid)) return;
    if (family?.budget.isStopped) this.#signal(pid, 'SIGCONT');
    if (this.#families.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    this.#cancel = this.#clock.schedule(intervalMs, () => {
      const nowMs = this.#clock.now();
      const elapsedMs = nowMs - this.#lookedAtMs;
      this.#lookedAtMs = nowMs;
      for (const family of this.#families.values()) this.#look(family, elapsedMs);
      this.#arm();
    });
  }

  #look(family: Throttled, elapsedMs: number): void {
    const { pid, cpus, budget } = family;
    const total = this.#usedMs(pid);
    const usedMs = Math.max(0, total - (family.usedMs ?? total));
    family.usedMs = total;
    family.budget = spendCpu(budget, { usedMs, elapsedMs, cpus });
    // Again each time: one that was found meanwhile would go on at the cost of the others.
    if (family.budget.isStopped) this.#signal(pid, 'SIGSTOP');
    else if (budget.isStopped) this.#signal(pid, 'SIGCONT');
  }

  /** Of all its processes and those that they have outlived: what a child used goes over to its parent when it ends. */
  #usedMs(pid: number): number {
    const members = this.#membersOf(pid);
    const pids = members.some((member) => member.pid === pid) ? members.map((member) => member.pid) : [pid];
    return pids.reduce((sum, member) => sum + (readFacts(member)?.cpuTicks ?? 0), 0) * tickMs;
  }

  /** The group at once, so that none of it does another's work; then those that have left it. */
  #signal(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
    signalGroup(pid, signal);
    for (const { pid: member, group, startedAtTicks } of this.#membersOf(pid)) {
      if (group === pid || readFacts(member)?.startedAtTicks !== startedAtTicks) continue;
      try {
        process.kill(member, signal);
      } catch {
        // It has ended.
      }
    }
  }
}

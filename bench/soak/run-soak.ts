import { blockingCall } from '../harness/calls.ts';
import { putLoad } from '../harness/load.ts';
import { type ParleySubject, startParley } from '../harness/parley-subject.ts';
import { descendants, residentMb } from '../harness/processes.ts';
import type { Stretch } from './flatness.ts';

export interface SoakOptions {
  readonly minutes: number;
  /** Told after each stretch. */
  readonly say: (line: string) => void;
}

export interface SoakResult {
  /** Of the node at its limit, before the soak. */
  readonly mostPerSecond: number;
  readonly stretches: readonly Stretch[];
}

const connections = 16;
const calibrationMs = 10_000;
const stretchCount = 20;
const longestStretchMs = 60_000;

/** What is kept is bounded, as it is where a node runs for months, and small enough that the bounds are reached. */
const settings = { grpc: { port: 0 }, log: { relay: true, retentionMs: 60_000 }, tasks: { keepFinished: 10_000 } };

/**
 * Half of the load that a node takes at most, for that many minutes: blocking calls to a worker whose events are all relayed to the log.
 * Throws when a call goes wrong.
 */
export async function runSoak({ minutes, say }: SoakOptions): Promise<SoakResult> {
  const node = await startParley(settings);
  try {
    const plan = { url: node.url, ...blockingCall, connections, warmUpMs: 3_000, measureMs: calibrationMs };
    const { perSecond: mostPerSecond } = await putLoad(plan);
    say(`at most ${Math.round(mostPerSecond)} calls/s; ${minutes} minutes of half of that`);
    const measureMs = Math.min(longestStretchMs, (minutes * 60_000) / stretchCount);
    const count = Math.round((minutes * 60_000) / measureMs);
    const stretches: Stretch[] = [];
    for (let at = 1; at <= count; at++) {
      const result = await putLoad({ ...plan, perSecond: mostPerSecond / 2, warmUpMs: 0, measureMs });
      stretches.push({ ...result, ...(await measureMemory(node)) });
      say(`${at} of ${count}: ${formatStretch(stretches.at(-1))}`);
    }
    return { mostPerSecond, stretches };
  } finally {
    await node.stop();
  }
}

async function measureMemory({ pid }: ParleySubject): Promise<Pick<Stretch, 'nodeMb' | 'workersMb'>> {
  const below = await descendants(pid);
  const sizes = await Promise.all(below.map((process) => residentMb(process.pid)));
  return { nodeMb: await residentMb(pid), workersMb: sizes.reduce((sum, size) => sum + size, 0) };
}

function formatStretch(stretch: Stretch | undefined): string {
  if (stretch === undefined) return '';
  const { requests, p50Ms, p99Ms, nodeMb, workersMb } = stretch;
  const memory = `node ${nodeMb.toFixed(0)} MB, workers ${workersMb.toFixed(0)} MB`;
  return `${requests} calls, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${memory}`;
}

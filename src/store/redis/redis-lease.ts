import type { RedisScript } from '../../drivers/redis/index.ts';
import type { Lease } from '../port.ts';
import { type Keys, shards } from './keys.ts';
import { claimScript, grantScript, lowerScript, raiseScript, releaseScript } from './lease-scripts.ts';

export interface LeaseOptions {
  readonly keys: Keys;
  /** Runs a script; what these do may be done twice. */
  readonly run: (script: RedisScript, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;
  /** What leases go by; undefined: Redis' own time, on which all nodes agree, whatever becomes of their clocks. */
  readonly now: (() => number) | undefined;
  readonly name: string;
  readonly holder: string;
  readonly ttlMs: number;
}

/**
 * Takes the lease, or says by undefined that somebody else holds it. Before a new epoch is granted, every shard has it: from
 * then on no shard takes a commit of the holder before.
 */
export async function acquireRedisLease(options: LeaseOptions): Promise<Lease | undefined> {
  const { keys, run, now, name, holder, ttlMs } = options;
  const claim = await run(claimScript, [keys.lease(name)], [holder, ttlMs, now?.() ?? '']);
  if (!Array.isArray(claim)) return undefined;
  const [epoch, isRaised] = claim.map(String);
  if (epoch === undefined) return undefined;
  if (isRaised === '0') {
    await inAllShards(options, raiseScript, epoch);
    if (!(await extend(options, epoch))) return undefined;
  }
  return {
    name,
    epoch: Number(epoch),
    renew: () => extend(options, epoch),
    async release() {
      await run(releaseScript, [keys.lease(name)], [epoch]);
      await inAllShards(options, lowerScript, epoch);
    },
  };
}

async function extend({ keys, run, now, name, ttlMs }: LeaseOptions, epoch: string): Promise<boolean> {
  return (await run(grantScript, [keys.lease(name)], [epoch, ttlMs, now?.() ?? ''])) === 1;
}

async function inAllShards({ keys, run, name }: LeaseOptions, script: RedisScript, epoch: string): Promise<void> {
  await Promise.all(shards.map((shard) => run(script, [keys.meta(shard)], [`f:${name}`, epoch])));
}

import type { Clock } from '../../base/index.ts';
import type { Lease } from '../port.ts';
import type { WriterClient } from './writer-client.ts';

export interface LeaseOptions {
  readonly writer: WriterClient;
  readonly clock: Clock;
  readonly name: string;
  readonly holder: string;
  readonly ttlMs: number;
}

/** Asks the writer for the lease; undefined when somebody else holds it. */
export async function acquireSqliteLease(options: LeaseOptions): Promise<Lease | undefined> {
  const { writer, clock, name, holder, ttlMs } = options;
  const reply = await writer.request({ type: 'acquire', nowMs: clock.now(), name, holder, ttlMs });
  if (reply.type !== 'leased' || reply.epoch === undefined) return undefined;
  const { epoch } = reply;
  return {
    name,
    epoch,
    async renew() {
      const renewed = await writer.request({ type: 'renew', nowMs: clock.now(), name, epoch, ttlMs });
      return renewed.type === 'leased' && renewed.epoch !== undefined;
    },
    async release() {
      await writer.request({ type: 'release', name, epoch });
    },
  };
}

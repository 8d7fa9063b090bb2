import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../base/index.ts';
import { createManualClock, type ManualClock } from '../../testing/index.ts';
import { MarketSeat, type MarketSeatOptions } from './market-seat.ts';

type Leases = MarketSeatOptions['store'];

/** Leases as the store has them. */
function createLeases(clock: ManualClock): Leases & { take(name: string): void } {
  const leases = new Map<string, { holder: string; epoch: number; untilMs: number }>();
  return {
    async acquireLease(name, holder, ttlMs) {
      const known = leases.get(name);
      if (known !== undefined && known.holder !== holder && known.untilMs > clock.now()) return undefined;
      const epoch = known?.holder === holder ? known.epoch : (known?.epoch ?? 0) + 1;
      leases.set(name, { holder, epoch, untilMs: clock.now() + ttlMs });
      const isMine = (): boolean => leases.get(name)?.epoch === epoch && leases.get(name)?.holder === holder;
      return {
        ...{ name, epoch },
        renew: async () => {
          if (isMine()) leases.set(name, { holder, epoch, untilMs: clock.now() + ttlMs });
          return isMine();
        },
        release: async () => void (isMine() && leases.set(name, { holder: '', epoch, untilMs: 0 })),
      };
    },
    take(name) {
      leases.set(name, { holder: 'another', epoch: 99, untilMs: clock.now() + 60_000 });
    },
  };
}

async function sit(store: Leases, clock: ManualClock, more: Partial<MarketSeatOptions> = {}): Promise<MarketSeat> {
  const base = { store, clock, isAlone: false, leaseMs: 3_000, onLost: () => {}, logger: silentLogger };
  const seat = new MarketSeat({ ...base, ...more });
  await seat.start();
  return seat;
}

test('what a node has claimed is taken over when it was not heard of for a lease, and not before', async () => {
  const clock = createManualClock();
  const leases = createLeases(clock);
  const dying = await sit(leases, clock);
  const living = await sit(leases, clock);
  const holder = dying.current?.holder ?? '';
  await clock.advance(10_000);
  assert.equal(await living.mayTakeOver(holder), false);
  // It is gone without a word: its timers with it.
  const dead = await sit({ acquireLease: leases.acquireLease }, createManualClock());
  assert.equal(await living.mayTakeOver(dead.current?.holder ?? ''), false);
  await clock.advance(3_001);
  assert.equal(await living.mayTakeOver(dead.current?.holder ?? ''), true);
});

test('what a node has claimed that has stopped in order is taken over at once', async () => {
  const clock = createManualClock();
  const leases = createLeases(clock);
  const leaving = await sit(leases, clock);
  const staying = await sit(leases, clock);
  const holder = leaving.current?.holder ?? '';
  await leaving.stop();
  assert.equal(await staying.mayTakeOver(holder), true);
});

test('a node that has lost its seat says so, and is somebody else afterwards', async () => {
  const clock = createManualClock();
  const leases = createLeases(clock);
  let lost = 0;
  const seat = await sit(leases, clock, { onLost: () => lost++ });
  const before = seat.current;
  leases.take(before?.fence.lease ?? '');
  await clock.advance(1_001);
  assert.equal(lost, 1);
  assert.notEqual(seat.current?.holder, before?.holder);
  assert.notEqual(seat.current?.fence.lease, before?.fence.lease);
});

test('where no other node uses the store what an earlier run has claimed is its own', async () => {
  const clock = createManualClock();
  const leases = createLeases(clock);
  const first = await sit(leases, clock, { isAlone: true });
  const second = await sit(leases, clock, { isAlone: true });
  assert.equal(second.current?.holder, first.current?.holder);
});

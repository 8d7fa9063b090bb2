import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { viewNegotiation } from '../thread/view-negotiation.ts';
import { marketTopics } from '../wire/records.ts';
import { type Part, Simulation } from './simulation.fixture.ts';

const requester: Part = { id: 'req', role: 'requester' };
const executor = (id: string): Part => ({ id, role: 'executor' });

const providers = fc
  .array(
    fc.record({
      executes: fc.boolean(),
      capabilities: fc.constantFrom([], ['count']),
      failsWith: fc.constantFrom(undefined, undefined, 'AGENT_UNAVAILABLE', 'OUTCOME_UNKNOWN'),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) => all.map(({ failsWith, ...part }, n) => toProvider(`p${n}`, part, failsWith)));

function toProvider(id: string, part: Partial<Part>, failsWith: string | undefined): Part {
  return { ...part, id, role: 'provider', ...(failsWith !== undefined && { failsWith }) };
}

/** One move: who, and what. */
const moves = fc.array(fc.tuple(fc.nat(30), fc.nat(99)), { maxLength: 300 });

function move(simulation: Simulation, [who, what]: readonly [number, number]): void {
  const actor = simulation.actors[who % simulation.actors.length];
  if (actor === undefined) return;
  if (what < 55) simulation.deliver(actor, marketTopics[what % 4] ?? 'task-requests');
  else if (what < 85) simulation.publish(actor, what < 62);
  else if (what < 90) simulation.restart(actor, what - 84);
  else if (what < 99) simulation.nowMs += what < 97 ? 200 : 6_000;
  else if (actor.part.role === 'provider') actor.isDead = true;
  simulation.look(actor);
}

/** Everything is published and read; then time goes on, until nothing happens any more. */
function settle(simulation: Simulation): void {
  for (let idle = 0; idle < 4; ) {
    let hasMoved = false;
    for (const actor of simulation.actors) {
      while (simulation.publish(actor, false)) hasMoved = true;
      for (const topic of marketTopics) while (simulation.deliver(actor, topic)) hasMoved = true;
    }
    idle = hasMoved ? 0 : idle + 1;
    simulation.nowMs += hasMoved ? 1 : 70_000;
    for (const actor of simulation.actors) simulation.look(actor);
  }
}

test('agents that share only a log come to one end, do no award twice and see the same, whatever comes in between', () => {
  const phases = new Set<string>();
  let awards = 0;
  const run = fc.property(providers, moves, (parts, script) => {
    const simulation = new Simulation([requester, ...parts, executor('e1'), executor('e2')]);
    for (const step of script) move(simulation, step);
    settle(simulation);
    const { outcome, awards: given, phase } = simulation.view();
    assert.ok(outcome !== null, 'it has ended');
    const fences = simulation.effects.map(({ fence }) => fence);
    assert.equal(new Set(fences).size, fences.length, `done twice: ${JSON.stringify(simulation.effects)}`);
    for (const { price } of given) assert.ok(price !== null && price <= 100, `over the budget: ${price}`);
    const { rebuilt, live } = simulation.states();
    for (const thread of live) assert.equal(JSON.stringify(thread), JSON.stringify(rebuilt));
    assert.equal(JSON.stringify(viewNegotiation(rebuilt)), JSON.stringify(simulation.view()));
    phases.add(phase);
    awards = Math.max(awards, given.length);
  });
  fc.assert(run, { numRuns: 400 });
  // Otherwise the runs have shown nothing.
  assert.deepEqual([...phases].sort(), ['completed', 'failed']);
  assert.ok(awards > 1);
});

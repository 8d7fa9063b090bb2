import type { DeploymentRecord } from './deployment-record.ts';
import { changeSettings, type DeploymentEffect, type DeploymentEvent, transition } from './machine.ts';

/** Pure: the record after the event, the same object when nothing has changed, and what is to be done. */
export function applyEvent(
  record: DeploymentRecord,
  event: DeploymentEvent,
): readonly [DeploymentRecord, readonly DeploymentEffect[]] {
  const [state, effects] = transition(record.state, event);
  const settings = changeSettings(record.settings, event);
  const turn = 'turn' in event ? event.turn : record.turn;
  const exclusive = record.exclusive || event.type === 'promoted';
  const learnt = event.type === 'installed' ? event.learnt : undefined;
  const next = { ...record, ...learnt, state, settings, turn, exclusive };
  return isSame(record, next) ? [record, effects] : [next, effects];
}

function isSame(a: DeploymentRecord, b: DeploymentRecord): boolean {
  const { replicas, weight, enabled } = a.settings;
  const isSet = b.settings.replicas === replicas && b.settings.weight === weight && b.settings.enabled === enabled;
  return isSet && a.state === b.state && a.turn === b.turn && a.exclusive === b.exclusive;
}

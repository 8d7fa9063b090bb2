import { ParleyError } from '../../base/index.ts';
import type { Commit } from '../port.ts';

/** Why a commit was not carried out, from the script's answer to it. */
export function refusalOf({ key, append, fence }: Commit, outcome: string | number | undefined): ParleyError {
  if (outcome === 'fenced') {
    const reason = `the lease ${fence?.lease} is no longer of epoch ${fence?.epoch}`;
    return new ParleyError('FENCED', `${key} was not changed: ${reason}. Take the lease again before you go on.`);
  }
  if (outcome === 'present') {
    const message = `${key} was not changed: the document is already there. Read it instead.`;
    return new ParleyError('VERSION_CONFLICT', message);
  }
  const reason = `its journal is at ${outcome}, not at ${append?.expectedVersion}`;
  return new ParleyError('VERSION_CONFLICT', `${key} was not changed: ${reason}. Read what was added and try again.`);
}

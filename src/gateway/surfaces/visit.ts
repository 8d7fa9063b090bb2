import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Endpoint } from '../../registry/index.ts';

/** Which deployment a request is for, and what of its path is the package's own. */
export interface Visited {
  readonly endpoint: Endpoint;
  /** Stands before the package's own paths: `/agents/{id}`, or nothing on the deployment's own port. */
  readonly prefix: string;
  /** The package's own path as it was sent, with its slash and without the query. */
  readonly path: string;
  /** With its question mark, or empty. */
  readonly query: string;
}

/** A request, and what its answer begins with. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly correlationId: string;
  /** What the node adds to every answer, names and values in turn. */
  readonly ownHeaders: readonly string[];
}

/** One request to a deployment's surfaces, on the front door or on the deployment's own port. */
export interface Visit extends Asked, Visited {}

/** True below the front door, whose origin the packages share with one another and with the operator's pages. */
export function isOnFrontDoor({ prefix }: Pick<Visited, 'prefix'>): boolean {
  return prefix !== '';
}

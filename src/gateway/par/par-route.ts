import { type JsonValue, ParleyError } from '../../base/index.ts';
import type { Control, InvokeControl } from '../../control/index.ts';
import type { CallContext } from '../../tasks/index.ts';
import type { Wire } from '../edge/wire.ts';

/** A request to one of PAR's routes: the caller may make it, the body is parsed JSON. */
export interface ParRequest {
  readonly control: Control;
  /** Who calls and under which conditions. */
  readonly context: CallContext;
  readonly calls: InvokeControl;
  /** One of the path's places, decoded. */
  place(name: string): string;
  readonly query: URLSearchParams;
  readonly idempotencyKey: string | undefined;
  readonly body: unknown;
  /** The files of a form as they come. INVALID_REQUEST when the body is no form. */
  upload(): AsyncIterable<Uint8Array>;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

export interface ParAnswer {
  readonly status: number;
  readonly body: JsonValue;
}

/** One of PAR's routes as data. */
export interface ParRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** `anybody`; `caller`: whoever may call agents; `operator`: the operator's credential, on loopback too. */
  readonly access: 'anybody' | 'caller' | 'operator';
  readonly wire: Wire;
  /** The body is a form with a file, which is handed on as it comes. */
  readonly takesForm?: boolean;
  /** Throws ParleyError, which is answered on the route's wire. */
  handle(request: ParRequest): ParAnswer | Promise<ParAnswer>;
}

/** An answer with status 200. */
export function ok(body: JsonValue): ParAnswer {
  return { status: 200, body };
}

/** What the routes refuse whose body is not what it should be. */
export function invalidBody(
  problems: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): ParleyError {
  const listed = problems.map(({ path, message }) => ({
    loc: ['body', ...path.map(String)],
    msg: message,
    type: 'value_error',
  }));
  const text = listed.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ');
  return new ParleyError('VALIDATION_FAILED', `The body is not valid. ${text}.`, { details: { problems: listed } });
}

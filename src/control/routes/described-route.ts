import { z } from 'zod';
import { ParleyError } from '../../base/index.ts';
import type { ControlRequest, ControlResponse, ControlRoute } from '../route.ts';

/** A route with what its documentation needs. */
export interface DescribedRoute extends ControlRoute {
  /** Unique; what a generated client calls it. */
  readonly operationId: string;
  readonly summary: string;
  /** What the `{name}` places of the path mean. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: z.ZodObject | undefined;
  readonly body: z.ZodType | undefined;
  readonly status: number;
  /** Of the body, or of each event's data. */
  readonly response: z.ZodType;
  readonly streams: boolean;
}

interface RouteHead {
  readonly method: ControlRoute['method'];
  readonly path: string;
  /** Default `operator`. */
  readonly access?: ControlRoute['access'];
  readonly operationId: string;
  readonly summary: string;
  readonly params?: Readonly<Record<string, string>>;
  /** Default 200. */
  readonly status?: number;
  readonly response: z.ZodType;
}

/** What a handler gets: query and body have been checked. */
interface Checked<Query, Body> {
  readonly id: string;
  readonly query: Query;
  readonly body: Body;
  readonly signal: AbortSignal;
}

interface JsonRoute<Query, Body> extends RouteHead {
  readonly query?: z.ZodType<Query> & z.ZodObject;
  readonly body?: z.ZodType<Body>;
  readonly answer: (request: Checked<Query, Body>) => unknown;
}

interface EventRoute<Query> extends RouteHead {
  readonly query?: z.ZodType<Query> & z.ZodObject;
  readonly events: (request: Checked<Query, undefined>) => AsyncIterable<{ id?: string; data: string }>;
}

/** A route that answers JSON. */
export function jsonRoute<Query = undefined, Body = undefined>(route: JsonRoute<Query, Body>): DescribedRoute {
  const { answer, ...head } = route;
  const described = describe(head, false);
  return {
    ...described,
    async handle(request): Promise<ControlResponse> {
      const checked = check<Query, Body>(described, request);
      return { status: described.status, body: await answer(checked) };
    },
  };
}

interface UploadRoute extends RouteHead {
  readonly answer: (chunks: AsyncIterable<Uint8Array>) => unknown;
}

/** A route whose body is a file, and that answers JSON. */
export function uploadRoute(route: UploadRoute): DescribedRoute {
  const { answer, ...head } = route;
  const described = describe(head, false);
  return {
    ...described,
    takes: 'stream',
    async handle({ stream }): Promise<ControlResponse> {
      if (stream === undefined) throw new ParleyError('CONTENT_TYPE_NOT_SUPPORTED', 'The body must be a file.');
      return { status: described.status, body: await answer(stream) };
    },
  };
}

/** A route that answers a stream of events. */
export function eventRoute<Query = undefined>(route: EventRoute<Query>): DescribedRoute {
  const { events, ...head } = route;
  const described = describe(head, true);
  return {
    ...described,
    async handle(request): Promise<ControlResponse> {
      return { status: described.status, events: events(check<Query, undefined>(described, request)) };
    },
  };
}

type Described = Omit<DescribedRoute, 'handle'>;

function describe(head: RouteHead & { query?: z.ZodObject; body?: z.ZodType }, streams: boolean): Described {
  const { access = 'operator', params = {}, status = 200, query, body, ...rest } = head;
  return { ...rest, access, params, status, query, body, streams };
}

function check<Query, Body>(route: Described, request: ControlRequest): Checked<Query, Body> {
  const query = route.query && parse(route.query, Object.fromEntries(request.query), 'query');
  const body = route.body && parse(route.body, request.body, 'body');
  return { id: request.params['id'] ?? '', query: query as Query, body: body as Body, signal: request.signal };
}

function parse(schema: z.ZodType, value: unknown, place: string): unknown {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const problems = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const listed = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  throw new ParleyError('VALIDATION_FAILED', `The ${place} of the request is not valid. ${listed}.`, {
    cause: error,
    details: { place, problems },
  });
}

/** A query value that is a whole number within bounds, with its default. */
export function countOf(min: number, max: number, fallback: number): z.ZodType<number> {
  return z.coerce.number().int().min(min).max(max).default(fallback);
}

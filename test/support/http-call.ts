import { request } from 'node:http';
import { json } from 'node:stream/consumers';

export interface HttpCall {
  readonly method: string;
  readonly url: string;
  /** As they are, `Host` and `Origin` included, which `fetch` would not send. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed JSON. */
  readonly body: unknown;
}

/** One HTTP exchange with the headers exactly as given; the answer must be JSON. */
export async function callHttp({ method, url, headers = {}, body }: HttpCall): Promise<HttpAnswer> {
  const answered = Promise.withResolvers<HttpAnswer>();
  const sent = request(url, { method, headers, agent: false }, (response) => {
    const { statusCode = 0, headers } = response;
    json(response).then((body) => answered.resolve({ status: statusCode, headers, body }), answered.reject);
  });
  sent.on('error', answered.reject);
  sent.end(body);
  return answered.promise;
}

import { request } from 'node:http';
import { text } from 'node:stream/consumers';

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
  /** Parsed JSON; of a stream of events its text. */
  readonly body: unknown;
}

/** One HTTP exchange with the headers exactly as given; the answer must be JSON, or a stream of events that ends. */
export async function callHttp({ method, url, headers = {}, body }: HttpCall): Promise<HttpAnswer> {
  const answered = Promise.withResolvers<HttpAnswer>();
  const sent = request(url, { method, headers, agent: false }, (response) => {
    const { statusCode = 0, headers } = response;
    const read = async (): Promise<HttpAnswer> => {
      const content = await text(response);
      const isStream = headers['content-type']?.startsWith('text/event-stream') === true;
      return { status: statusCode, headers, body: isStream ? content : (JSON.parse(content) as unknown) };
    };
    read().then(answered.resolve, answered.reject);
  });
  sent.on('error', answered.reject);
  sent.end(body);
  return answered.promise;
}

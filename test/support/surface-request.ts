import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface SurfaceRequest {
  readonly socketPath: string;
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
}

/** The answer of a package's own HTTP, as soon as its head is there. */
export async function askSurface({ socketPath, method = 'GET', path, body }: SurfaceRequest): Promise<IncomingMessage> {
  const headers = { host: 'agent', 'content-type': 'application/json' };
  const sent = request({ socketPath, method, path, headers, agent: false }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

/** The whole answer. */
export async function readSurface(asked: SurfaceRequest): Promise<{ status: number | undefined; text: string }> {
  const response = await askSurface(asked);
  return { status: response.statusCode, text: await text(response) };
}

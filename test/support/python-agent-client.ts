import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { decode, encode } from '@msgpack/msgpack';
import { loadService } from '../../src/gateway/grpc/load-service.ts';

const definition = loadService('pixell/python_agent.proto', 'pixell.python_agent.PythonAgent');

/** What Execute and RetryWithPatch answer, results unpacked. */
export interface Executed {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly error: string;
  readonly metrics: { execution_time_ms: number; memory_used_bytes: number; cpu_percent: number };
}

export interface Chunk {
  readonly type: number;
  readonly data: Buffer;
  readonly timestamp: number;
}

type Packed = Readonly<Record<string, Uint8Array>>;

/** A client as a package makes one: grpc-js at the given address. */
export interface PythonAgentClient {
  execute(request: object): Promise<Executed>;
  retry(request: object): Promise<Executed>;
  state(
    sessionId: string,
  ): Promise<{ values: Readonly<Record<string, unknown>>; created_at: number; last_accessed: number }>;
  /** The chunks as they come. */
  stream(request: object): AsyncIterable<Chunk> & { cancel(): void };
  close(): void;
}

export function createPythonAgentClient(
  address: string,
  headers: Readonly<Record<string, string>> = {},
): PythonAgentClient {
  const insecure: ChannelCredentials = credentials.createInsecure();
  const size = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
  const client = new Client(address, insecure, size);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const call = <Answer>(name: string, request: object): Promise<Answer> => {
    const method = definition[name];
    if (method === undefined) throw new TypeError(`There is no method ${name}.`);
    const { path, requestSerialize, responseDeserialize } = method;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, (error, answer) => {
        if (error === null) resolve(answer as Answer);
        else reject(error);
      });
    });
  };
  const run = async (name: string, request: object): Promise<Executed> => {
    const answer = await call<Executed & { results: Packed }>(name, request);
    return { ...answer, values: unpack(answer.results) };
  };
  return {
    execute: (request) => run('Execute', request),
    retry: (request) => run('RetryWithPatch', request),
    async state(session_id) {
      const answer = await call<{ variables: Packed; created_at: number; last_accessed: number }>('GetSessionState', {
        session_id,
      });
      return { ...answer, values: unpack(answer.variables) };
    },
    stream(request) {
      const method = definition['StreamExecute'];
      if (method === undefined) throw new TypeError('There is no method StreamExecute.');
      const { path, requestSerialize, responseDeserialize } = method;
      return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize as never, request, metadata);
    },
    close: () => client.close(),
  };
}

/** Values as `context` wants them. */
export function packContext(values: Readonly<Record<string, unknown>>): Packed {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, encode(value)]));
}

/** True for an error with that status of gRPC. */
export function hasStatus(thrown: unknown, code: number): thrown is ServiceError {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

function unpack(values: Packed): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, decode(value)]));
}

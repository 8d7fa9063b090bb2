import {
  type ChannelCredentials,
  type ClientReadableStream,
  credentials,
  Client as GrpcClient,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
} from '@grpc/grpc-js';

type Headers = Readonly<Record<string, string>>;
type AnyMethod = MethodDefinition<unknown, unknown>;

/** grpc-js on one address, for one service: what any client made from the proto file is. */
export interface TestGrpcClient {
  call<Answer>(method: string, request?: object, headers?: Headers, deadlineMs?: number): Promise<Answer>;
  stream<Item>(method: string, request?: object, headers?: Headers): ClientReadableStream<Item>;
  close(): void;
}

/** A client that speaks plain text, as on loopback, unless it is given credentials for TLS. */
export function createGrpcClient(
  address: string,
  definition: ServiceDefinition,
  channel: ChannelCredentials = credentials.createInsecure(),
): TestGrpcClient {
  const size = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
  const client = new GrpcClient(address, channel, size);
  return {
    call: <Answer>(name: string, request: object = {}, headers: Headers = {}, deadlineMs: number = 20_000) => {
      const { path, requestSerialize, responseDeserialize } = methodOf(definition, name);
      const options = { deadline: Date.now() + deadlineMs };
      return new Promise<Answer>((resolve, reject) => {
        const metadata = toMetadata(headers);
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          metadata,
          options,
          (error, answer) => {
            if (error === null) resolve(answer as Answer);
            else reject(error);
          },
        );
      });
    },
    stream: <Item>(name: string, request: object = {}, headers: Headers = {}) => {
      const { path, requestSerialize, responseDeserialize } = methodOf(definition, name);
      const metadata = toMetadata(headers);
      return client.makeServerStreamRequest<unknown, Item>(
        path,
        requestSerialize,
        responseDeserialize as (bytes: Buffer) => Item,
        request,
        metadata,
      );
    },
    close: () => client.close(),
  };
}

function methodOf(definition: ServiceDefinition, name: string): AnyMethod {
  const method = definition[name];
  if (method === undefined) throw new TypeError(`There is no method ${name}.`);
  return method as AnyMethod;
}

function toMetadata(headers: Headers): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

import { fileURLToPath } from 'node:url';
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type StatusObject,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { projectFolder } from './project.ts';

export interface Order {
  readonly item?: string;
  readonly count?: number;
  readonly payload?: Uint8Array;
}

export interface Receipt {
  readonly text: string;
  readonly payload: Buffer;
}

/** What came back of a unary call. */
export interface Sold {
  readonly receipt: Receipt | undefined;
  readonly head: Metadata | undefined;
  readonly status: StatusObject;
}

type Headers = Readonly<Record<string, string | Buffer>>;

/** grpc-js for `shop.v1.Shop`, the service of packages' own in tests. */
export interface ShopClient {
  /** Resolves with the status, whatever it is. */
  buy(order: Order, headers?: Headers, options?: BuyOptions): Promise<Sold>;
  watch(order: Order, headers?: Headers): ClientReadableStream<Receipt>;
  fill(headers: Headers, answer: (error: Error | null, receipt?: Receipt) => void): ClientWritableStream<Order>;
  chat(headers?: Headers): ClientDuplexStream<Order, Receipt>;
  close(): void;
}

export interface BuyOptions {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Stands before the path of the method. */
  readonly prefix?: string;
}

/** The folder of the Node package that serves it. */
export const nodeShop: string = fileURLToPath(new URL('../integration/agents/node-shop', import.meta.url));
/** The same in Python. */
export const pythonShop: string = fileURLToPath(new URL('../fixtures/shapes/service-grpc', import.meta.url));
/** Where the Node package finds what it depends on. */
export const shopEnvironment: Readonly<Record<string, string>> = { NODE_PATH: `${projectFolder}/node_modules` };

const definition = loadSync(`${nodeShop}/shop.proto`)['shop.v1.Shop'] as unknown as Readonly<
  Record<'Buy' | 'Watch' | 'Fill' | 'Chat', MethodDefinition<Order, Receipt>>
>;

/** Connects with the first call; plain text, unless other credentials are given. */
export function createShopClient(
  address: string,
  security: ChannelCredentials = credentials.createInsecure(),
): ShopClient {
  const size = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
  const client = new Client(address, security, size);
  const { Watch, Fill, Chat } = definition;
  return {
    buy: (order, headers = {}, options = {}) => buy(client, { order, headers, options }),
    watch: (order, headers = {}) =>
      client.makeServerStreamRequest(
        Watch.path,
        Watch.requestSerialize,
        Watch.responseDeserialize,
        order,
        toMetadata(headers),
      ),
    fill: (headers, answer) =>
      client.makeClientStreamRequest(
        Fill.path,
        Fill.requestSerialize,
        Fill.responseDeserialize,
        toMetadata(headers),
        answer,
      ),
    chat: (headers = {}) =>
      client.makeBidiStreamRequest(Chat.path, Chat.requestSerialize, Chat.responseDeserialize, toMetadata(headers)),
    close: () => client.close(),
  };
}

interface Purchase {
  readonly order: Order;
  readonly headers: Headers;
  readonly options: BuyOptions;
}

function buy(client: Client, { order, headers, options }: Purchase): Promise<Sold> {
  const { path, requestSerialize, responseDeserialize } = definition.Buy;
  const { deadlineMs = 20_000, signal, prefix = '' } = options;
  return new Promise((resolve) => {
    let receipt: Receipt | undefined;
    let head: Metadata | undefined;
    const call = client.makeUnaryRequest(
      prefix + path,
      requestSerialize,
      responseDeserialize,
      order,
      toMetadata(headers),
      { deadline: Date.now() + deadlineMs },
      (_error, answer) => {
        receipt = answer;
      },
    );
    call.on('metadata', (metadata) => {
      head = metadata;
    });
    call.on('status', (status) => setImmediate(() => resolve({ receipt, head, status })));
    signal?.addEventListener('abort', () => call.cancel(), { once: true });
  });
}

function toMetadata(headers: Headers): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

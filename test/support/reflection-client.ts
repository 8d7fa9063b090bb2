import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata, type MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const folder = fileURLToPath(import.meta.resolve('@grpc/reflection/build/proto'));

interface Answer {
  readonly list_services_response?: { readonly service: readonly { readonly name: string }[] };
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] };
}

/** Asks one question of server reflection, as grpcurl does; the names of services, or the files that define a symbol. */
export async function askReflection(
  address: string,
  version: string,
  question: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const loaded = loadSync(`grpc/reflection/${version}/reflection.proto`, { includeDirs: [folder], keepCase: true });
  const service = loaded[`grpc.reflection.${version}.ServerReflection`] as Readonly<
    Record<string, MethodDefinition<object, Answer>>
  >;
  const method = service['ServerReflectionInfo'];
  if (method === undefined) throw new TypeError(`There is no reflection ${version}.`);
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const { path, requestSerialize, responseDeserialize } = method;
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
      call.on('data', resolve).on('error', reject);
      call.write(question);
      call.end();
    });
  } finally {
    client.close();
  }
}

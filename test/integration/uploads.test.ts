import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createSigningKeyPair, signPackage } from '../../src/security/index.ts';
import { type MadePackage, makePackage } from '../support/package-server.ts';
import {
  createTestFolder,
  deployHealthy,
  removeFolder,
  runParley,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const maxBytes = 3_000_000;
const bodyBytes = 200_000;
const keys = createSigningKeyPair();

let folder: string;
let node: TestNode;
let made: MadePackage;

before(async () => {
  folder = await createTestFolder();
  made = await makePackage(folder, { name: 'sent', version: '1.0.0', files: { filler: randomBytes(1_000_000) } });
  const signatures = { policy: 'warn', keys: { '*': [keys.publicKey] } };
  node = await startTestNode({ settings: { packages: { maxBytes, signatures }, limits: { bodyBytes } } });
});

after(async () => {
  await node?.close();
  await removeFolder(folder);
});

interface Answer {
  readonly status: number;
  readonly body: { readonly error?: { readonly code: string }; readonly sha256?: string; readonly packageId?: string };
}

interface Upload {
  readonly token?: string;
  readonly type?: string;
  /** Declared length; undefined: chunked. */
  readonly length?: number;
  readonly chunks: readonly Uint8Array[];
}

/** The answer, however much of the body the node has taken. */
async function upload({
  token = node.token,
  type = 'application/octet-stream',
  length,
  chunks,
}: Upload): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': type,
    ...(length !== undefined && { 'content-length': length }),
  };
  const sent = request(`${node.url}/api/v1/packages`, { method: 'POST', headers, agent: false });
  sent.on('error', () => {});
  for (const chunk of chunks) sent.write(chunk);
  sent.end();
  const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, body: JSON.parse(text) as Answer['body'] };
}

async function countFiles(name: string): Promise<number> {
  return (await readdir(join(node.dataFolder, 'cache', name))).length;
}

test('an uploaded package is kept by its digest, listed, and deployed by it', async () => {
  const { status, body } = await upload({ chunks: [made.bytes], type: 'application/zip' });
  assert.deepEqual([status, body.sha256, body.packageId], [201, made.sha256, 'sent@1.0.0']);
  const [kept] = await node.client.packages.list();
  assert.deepEqual(
    [kept?.packageId, kept?.digest, kept?.cached, kept?.installed],
    ['sent@1.0.0', made.sha256, true, false],
  );
  const view = await deployHealthy(node, { source: { kind: 'upload', sha256: made.sha256 } });
  assert.deepEqual([view.packageId, view.packageDigest], ['sent@1.0.0', made.sha256]);
  const [installed] = await node.client.packages.list();
  assert.deepEqual([installed?.installed, installed?.deployments], [true, [view.id]]);
});

test('an upload may be larger than other bodies, and its limit holds, declared or not', async () => {
  assert.ok(made.bytes.length > bodyBytes);
  const much = Array.from({ length: 5 }, () => randomBytes(1_000_000));
  for (const length of [undefined, 5_000_000]) {
    const { status, body } = await upload({ chunks: much, ...(length !== undefined && { length }) });
    assert.deepEqual([status, body.error?.code], [413, 'PAYLOAD_TOO_LARGE']);
  }
  assert.equal(await countFiles('partial'), 0);
});

test('what is no package is refused and not kept', async () => {
  const before = await countFiles('');
  for (const chunks of [[randomBytes(1_000)], [made.bytes.subarray(0, 500_000)], []]) {
    const { status, body } = await upload({ chunks });
    assert.deepEqual([status, body.error?.code], [400, 'PACKAGE_INVALID']);
  }
  assert.equal(await countFiles(''), before);
  assert.equal(await countFiles('partial'), 0);
});

test('only the operator may upload, and only files', async () => {
  assert.equal((await upload({ chunks: [made.bytes], token: 'wrong' })).status, 401);
  const { status, body } = await upload({ chunks: [Buffer.from('{}')], type: 'application/json' });
  assert.deepEqual([status, body.error?.code], [400, 'CONTENT_TYPE_NOT_SUPPORTED']);
  const response = await fetch(`${node.url}/api/v1/deployments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${node.token}`, 'content-type': 'application/zip' },
    body: new Uint8Array(made.bytes),
  });
  assert.equal(response.status, 400);
});

test('an upload that is broken off leaves nothing', async () => {
  const headers = { authorization: `Bearer ${node.token}`, 'content-type': 'application/octet-stream' };
  const sent = request(`${node.url}/api/v1/packages`, { method: 'POST', headers, agent: false });
  sent.on('error', () => {});
  sent.write(made.bytes.subarray(0, 100_000));
  await waitUntil('the upload has begun', async () => (await countFiles('partial')) === 1);
  sent.destroy();
  await waitUntil('nothing is left', async () => (await countFiles('partial')) === 0);
});

test('more uploads at once than may be are told to come back', async () => {
  const headers = { authorization: `Bearer ${node.token}`, 'content-type': 'application/octet-stream' };
  const open = Array.from({ length: 4 }, () => {
    const sent = request(`${node.url}/api/v1/packages`, { method: 'POST', headers, agent: false });
    sent.on('error', () => {});
    sent.write('PK');
    return sent;
  });
  await waitUntil('four uploads have begun', async () => (await countFiles('partial')) === 4);
  const { status, body } = await upload({ chunks: [made.bytes] });
  assert.deepEqual([status, body.error?.code], [429, 'QUEUE_FULL']);
  for (const sent of open) sent.destroy();
  await waitUntil('they are gone', async () => (await countFiles('partial')) === 0);
});

test('the command line uploads a file with its signature, and a folder packed', async () => {
  const signed = await makePackage(folder, { name: 'signed', version: '1.0.0' });
  const { sha256, name, version } = signed;
  await writeFile(`${signed.file}.sig`, JSON.stringify(signPackage({ sha256, name, version }, keys.privateKey)));
  const access = ['--data-folder', node.dataFolder, '-o', 'json'];
  const file = await runParley('deploy', signed.file, '--upload', ...access);
  assert.equal(file.code, 0, file.stderr);
  const deployed = JSON.parse(file.stdout) as { source: unknown; warnings: string[] };
  assert.deepEqual(deployed.source, { kind: 'upload', sha256 });
  assert.deepEqual(deployed.warnings, []);
  await makePackage(folder, { name: 'packed', version: '1.0.0' });
  const packed = await runParley('deploy', join(folder, 'packed-1.0.0'), '--upload', ...access);
  assert.equal(packed.code, 0, packed.stderr);
  const view = JSON.parse(packed.stdout) as { source: { kind: string }; packageId: string; warnings: string[] };
  assert.deepEqual([view.source.kind, view.packageId], ['upload', 'packed@1.0.0']);
  assert.match(view.warnings.join(), /packed@1\.0\.0 is not signed/);
  const listed = await runParley('packages', '--data-folder', node.dataFolder);
  assert.match(listed.stdout, /packed@1\.0\.0 +installed, cached/);
});

test('keys are made, a package is signed and verified, and an altered one is not', async () => {
  const own = await makePackage(folder, { name: 'own', version: '1.0.0' });
  const key = join(folder, 'own.key');
  assert.equal((await runParley('keygen', '--out', key)).code, 0);
  assert.notEqual((await runParley('keygen', '--out', key)).code, 0);
  assert.match(await readFile(`${key}.pub`, 'utf8'), /^ed25519:[\w-]{43}\n$/);
  assert.equal((await runParley('sign', own.file, '--key', key)).code, 0);
  const verified = await runParley('verify', own.file, '--key', `${key}.pub`, '--key', keys.publicKey, '-o', 'json');
  assert.equal((JSON.parse(verified.stdout) as { valid: boolean }).valid, true);
  assert.equal((await runParley('verify', own.file, '--key', keys.publicKey)).code, 1);
  await makePackage(folder, { name: 'own', version: '1.0.0', code: '// altered' });
  assert.equal((await runParley('verify', own.file, '--key', `${key}.pub`)).code, 1);
});

test('a deployment names an upload that is not there', async () => {
  const sha256 = createHash('sha256').update('nothing').digest('hex');
  await assert.rejects(node.client.deployments.deploy({ source: { kind: 'upload', sha256 } }), { code: 'NOT_FOUND' });
});

test('without a registry of packages its routes say so', async () => {
  await assert.rejects(node.client.packages.registry(), { code: 'NOT_FOUND', message: /packages\.registry\.source/ });
  const refreshed = await runParley('packages', 'refresh', '--data-folder', node.dataFolder);
  assert.notEqual(refreshed.code, 0);
});

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder } from '../support/project.ts';
import { a2aPython, oldA2aPython } from '../support/requires.ts';
import type { GoldenAnswer } from './golden-answer.ts';
import type { GoldenRequest } from './golden-request.ts';
import { openCurrentPeer } from './peers/current.ts';
import { openOldPeer } from './peers/old.ts';
import type { Peer } from './peers/peer.ts';
import { openPythonPeer } from './peers/python.ts';

const folder = join(projectFolder, 'test/protocol/golden');

interface Capture {
  /** Of the file that it makes in golden/answers. */
  readonly name: string;
  /** Whose requests are sent. */
  readonly requests: string;
  readonly below: string;
  open(): Promise<Peer>;
}

const openPython = (): Promise<Peer> => openPythonPeer(a2aPython(), 'serve_current.py');
const captures: readonly Capture[] = [
  { name: '1.0-json-rpc', requests: '1.0-json-rpc', below: '', open: openCurrentPeer },
  { name: '1.0-http-json', requests: '1.0-http-json', below: '/rest', open: openCurrentPeer },
  { name: '0.3-jsonrpc', requests: '0.3-jsonrpc', below: '', open: openOldPeer },
  { name: '0.3-http-json', requests: '0.3-http-json', below: '/rest', open: openOldPeer },
  { name: 'python-1.0-jsonrpc', requests: 'python-1.0-jsonrpc', below: '', open: openPython },
  { name: 'python-1.0-http-json', requests: 'python-1.0-http-json', below: '/rest', open: openPython },
  {
    ...{ name: 'python-0.2-jsonrpc', requests: 'python-0.2-jsonrpc', below: '' },
    open: () => openPythonPeer(oldA2aPython(), 'serve_old.py'),
  },
];

/** Writes golden/answers/*.json anew: what the official servers answer to the requests in golden. Webhooks are left out. */
export async function captureAnswers(): Promise<void> {
  for (const capture of captures) {
    const peer = await capture.open();
    try {
      const requests = JSON.parse(await readFile(join(folder, `${capture.requests}.json`), 'utf8')) as GoldenRequest[];
      const answers = await replay(peer.url + capture.below, requests);
      const file = join(folder, 'answers', `${capture.name}.json`);
      await writeFile(file, `${JSON.stringify(answers, undefined, 2)}\n`);
      process.stdout.write(`${file}: ${answers.length} answers\n`);
    } finally {
      await peer.close();
    }
  }
}

const isUuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The first is a send; the task that comes out of it is the one that the others are about. */
async function replay(url: string, requests: readonly GoldenRequest[]): Promise<readonly GoldenAnswer[]> {
  const answers: GoldenAnswer[] = [];
  let taskId = '';
  for (const given of requests.filter((request) => !/[pP]ushNotificationConfig/.test(JSON.stringify(request)))) {
    const request = { ...given, ...withTask(given, taskId) };
    const answer = await send(url, request);
    answers.push(answer);
    if (taskId === '') taskId = /"id": ?"([0-9a-f-]{36})"/.exec(answer.text)?.[1] ?? '';
  }
  return answers;
}

function withTask({ path, body }: GoldenRequest, taskId: string): Pick<GoldenRequest, 'path' | 'body'> {
  if (taskId === '') return { path };
  const text = JSON.stringify(body)?.replaceAll(isUuid, (id, at, all: string) => (isTaskId(all, at) ? taskId : id));
  return { path: path.replaceAll(isUuid, taskId), ...(text !== undefined && { body: JSON.parse(text) }) };
}

/** Ids of requests and messages stay as they are. */
function isTaskId(text: string, at: number): boolean {
  return text.slice(0, at).includes('"params":{') && /"(id|taskId)":"$/.test(text.slice(0, at));
}

async function send(url: string, request: GoldenRequest): Promise<GoldenAnswer> {
  const { verb, path, version, body } = request;
  const answer = await fetch(url + path, {
    method: verb,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(version !== undefined && { 'a2a-version': version }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return {
    request,
    status: answer.status,
    contentType: answer.headers.get('content-type') ?? '',
    text: await answer.text(),
  };
}

/**
 * Callers of the agent `prices`: four that send one order after the other and wait for the price, every second one as a
 * stream. Says each second how it goes, and at the end (Ctrl-C) whether a call was lost; then it exits with 1.
 */
import { setTimeout } from 'node:timers/promises';

const url = `${process.env.PARLEY_URL ?? 'http://127.0.0.1:8000'}/a2a/prices`;
const counts = { calls: 0, completed: 0, failed: 0, lost: 0 };
const versions = {};
let going = true;

async function call(streams) {
  const message = {
    messageId: crypto.randomUUID(),
    role: 'ROLE_USER',
    parts: [{ data: { pieces: 1 + Math.floor(Math.random() * 120) } }],
  };
  const response = await fetch(`${url}/message:${streams ? 'stream' : 'send'}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify({ message }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  return text;
}

function note(text) {
  if (text.includes('TASK_STATE_COMPLETED')) counts.completed++;
  else if (text.includes('TASK_STATE_FAILED')) counts.failed++;
  else throw new Error(`no end in ${text}`);
  const version = /"version":"([^"]+)"/.exec(text)?.[1];
  if (version !== undefined) versions[version] = (versions[version] ?? 0) + 1;
}

async function caller(number) {
  for (let turn = number; going; turn++) {
    counts.calls++;
    try {
      note(await call(turn % 2 === 1));
    } catch (error) {
      counts.lost++;
      console.log(`lost: ${error.message}`);
    }
    await setTimeout(10);
  }
}

function tell() {
  console.log(JSON.stringify({ ...counts, versions }));
}

process.once('SIGINT', () => {
  going = false;
});
const timer = setInterval(tell, 1_000);
await Promise.all([0, 1, 2, 3].map(caller));
clearInterval(timer);
tell();
process.exit(counts.lost === 0 ? 0 : 1);

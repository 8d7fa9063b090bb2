import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { stopProgram } from './subject.ts';

const nodeServer = `const server = require('node:http').createServer((_, answer) => answer.end('ok'));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

const pythonServer = `from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()`;

/** From starting the bare interpreter to its HTTP 200, in milliseconds. */
export async function timeBareServer(kind: 'node' | 'python'): Promise<number> {
  const startMs = performance.now();
  const child =
    kind === 'node'
      ? spawn(process.execPath, ['--eval', nodeServer], { stdio: ['ignore', 'pipe', 'inherit'] })
      : spawn('python3', ['-c', pythonServer], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  if (!answer.ok) throw new Error(`The bare ${kind} server answered ${answer.status}.`);
  const elapsedMs = performance.now() - startMs;
  await stopProgram(child);
  return elapsedMs;
}

import { createServer } from 'node:http2';

const bytes = (value) => value;
const method = (name) => ({
  path: `/bench.v1.Echo/${name}`,
  requestStream: false,
  responseStream: false,
  ...{ requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes },
});

/**
 * Listens where the host's own server would, but answers without looking: the less the worker does, the more of the figures is the
 * router's. `Where` says which socket it is.
 */
export function create(server) {
  server.addService({ Say: method('Say'), Where: method('Where') }, { Say: () => {}, Where: () => {} });
  const fast = createServer({ settings: { maxConcurrentStreams: 4_096 } });
  let socketPath = '';
  fast.on('stream', (stream, headers) => {
    const answer = headers[':path'].endsWith('/Where') ? frame(socketPath) : said;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.on('error', () => {});
    stream.resume().on('end', () => stream.end(answer));
  });
  server.bindAsync = (address, _credentials, done) => {
    socketPath = address.slice('unix:'.length);
    fast.listen(socketPath, () => done(null, 0));
  };
  server.tryShutdown = (done) => fast.close(done);
}

function frame(text) {
  const message = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const said = frame('hello, caller');

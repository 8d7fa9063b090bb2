import avro from 'avsc';

const type = avro.Type.forSchema({
  type: 'record',
  name: 'Offer',
  fields: [
    { name: 'task_id', type: 'string' },
    { name: 'sender_id', type: 'string' },
    { name: 'round', type: 'int' },
    { name: 'offer', type: ['null', 'double'], default: null },
    { name: 'message', type: 'string' },
    { name: 'timestamp', type: 'long' },
  ],
});
const message = 'x'.repeat(150);

/** A value of about 200 bytes, in Avro. */
export function encodeValue(round: number): Buffer {
  return type.toBuffer({
    task_id: `task-${round}`,
    sender_id: 'agent-001',
    round,
    offer: 75,
    message,
    timestamp: 1_700_000_000_000 + round,
  });
}

/** Reads such a value; throws for any other. */
export function decodeValue(value: Uint8Array): unknown {
  return type.fromBuffer(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
}

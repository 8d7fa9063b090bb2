/** Names of the headers that say what a record belongs to, the same in all topics of ours. */
export const recordHeaders = {
  correlationId: 'correlation-id',
  causationId: 'causation-id',
  traceparent: 'traceparent',
  contentType: 'content-type',
  /** The key that contents of the value are sealed with. */
  sealedWith: 'parley-sealed-with',
} as const;

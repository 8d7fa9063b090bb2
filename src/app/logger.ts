import { type Logger as Pino, pino } from 'pino';
import type { Logger } from '../base/index.ts';

/** Lines of JSON on standard error, so that standard output stays for answers. */
export function createLogger(level: string): Logger {
  return wrap(
    pino(
      { name: 'parley', level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
      pino.destination({ fd: 2, sync: true }),
    ),
  );
}

function wrap(target: Pino): Logger {
  return {
    debug: (message, fields) => target.debug(fields ?? {}, message),
    info: (message, fields) => target.info(fields ?? {}, message),
    warn: (message, fields) => target.warn(fields ?? {}, message),
    error: (message, fields) => target.error(fields ?? {}, message),
    child: (fields) => wrap(target.child(fields)),
  };
}

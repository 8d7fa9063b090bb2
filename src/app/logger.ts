import { type Logger as Pino, pino } from 'pino';
import type { LogFields, Logger } from '../base/index.ts';
import { redact } from '../security/index.ts';

/** Lines of JSON on standard error, so that standard output stays for answers. Secrets are masked. */
export function createLogger(level: string): Logger {
  return wrap(
    pino(
      { name: 'parley', level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
      pino.destination({ fd: 2, sync: true }),
    ),
  );
}

function wrap(target: Pino): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: LogFields) => {
    if (target.isLevelEnabled(level)) target[level](redactFields(fields), String(redact(message)));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(target.child(redactFields(fields))),
  };
}

/** Errors are told by their message and code: their other fields may hold anything. */
function redactFields(fields: LogFields = {}): LogFields {
  const plain = Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? describe(value) : value]);
  return redact(Object.fromEntries(plain)) as LogFields;
}

function describe(error: Error): { message: string; code?: unknown } {
  return { message: error.message, ...('code' in error && { code: error.code }) };
}

export { type LogReading, openSqliteLogReader } from './open-log-reader.ts';
export { openSqliteLog, type SqliteLogOptions } from './open-sqlite-log.ts';

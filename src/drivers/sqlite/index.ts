export { type FolderLock, lockFolder } from './lock-folder.ts';
export { type Database, openDatabase, type Statement } from './open-database.ts';
export { classifySqliteError, fromSqliteError } from './sqlite-error.ts';

export { type DeadlineOptions, withDeadlines } from './with-deadlines.ts';

export type { ControlEvent, ControlRequest, ControlResponse, ControlRoute } from './route.ts';

export type { AgentControl } from './agent-control.ts';
export { type Control, type ControlOptions, createControl, type NodeControl } from './control.ts';
export type { DeploymentControl } from './deployment-control.ts';
export type { ControlEvent, ControlRequest, ControlResponse, ControlRoute } from './route.ts';
export { createControlRoutes } from './routes/routes.ts';
export type { TaskControl, TaskQuery } from './task-control.ts';
export type { AgentView, NodeOverview, NodeStatus, TaskSummary, TaskSummaryPage, VersionView } from './views.ts';

import type { ParRoute } from './par-route.ts';

/** The routes, and the same ones below `/runtime`. */
export function withRuntimePrefix(routes: readonly ParRoute[]): readonly ParRoute[] {
  return [...routes, ...routes.map((route) => ({ ...route, path: `/runtime${route.path}` }))];
}

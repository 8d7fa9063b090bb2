import type { ControlRoute } from '../control/index.ts';

interface RouteMatch {
  readonly route: ControlRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the operator route for a method and a path as it was sent; undefined when there is none. Fixed words win over places. */
export type ControlRouter = (method: string, path: string) => RouteMatch | undefined;

interface Pattern {
  readonly route: ControlRoute;
  readonly segments: readonly Segment[];
}

type Segment = { readonly word: string } | { readonly place: string };

/** A router over routes that are data; those with more fixed words are tried first. */
export function createControlRouter(routes: readonly ControlRoute[]): ControlRouter {
  const patterns = routes.map(createPattern).sort((a, b) => countWords(b) - countWords(a));
  return (method, path) => {
    const given = path.split('/');
    for (const { route, segments } of patterns) {
      if (route.method !== method || segments.length !== given.length) continue;
      const params = matchSegments(segments, given);
      if (params) return { route, params };
    }
    return undefined;
  };
}

function createPattern(route: ControlRoute): Pattern {
  const segments = route.path.split('/').map((text): Segment => {
    const place = /^\{(\w+)\}$/.exec(text)?.[1];
    return place === undefined ? { word: text } : { place };
  });
  return { route, segments };
}

function countWords({ segments }: Pattern): number {
  return segments.filter((segment) => 'word' in segment).length;
}

function matchSegments(segments: readonly Segment[], given: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const text = given[index] ?? '';
    if ('word' in segment) {
      if (segment.word !== text) return undefined;
    } else {
      const value = decodeSegment(text);
      if (value === undefined) return undefined;
      params[segment.place] = value;
    }
  }
  return params;
}

function decodeSegment(text: string): string | undefined {
  try {
    return text === '' ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

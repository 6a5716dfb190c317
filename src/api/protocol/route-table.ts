import type { Route } from "./route.ts";
import { ServiceError } from "./service-error.ts";

/** The routes of one path, by method; `params` are its segments in braces, decoded. */
export type FoundRoutes = { routes: readonly Route[]; params: Readonly<Record<string, string>> };

type Pattern = { segments: readonly string[]; routes: readonly Route[] };

/** Finds routes by path. A path without parameters beats one with them. */
export class RouteTable {
  readonly #exact: ReadonlyMap<string, readonly Route[]>;
  readonly #patterns: readonly Pattern[];

  constructor(routes: readonly Route[]) {
    const byPath = Map.groupBy(routes, ({ path }) => path);
    this.#exact = byPath;
    this.#patterns = [...byPath]
      .filter(([path]) => path.includes("{"))
      .map(([path, ofPath]) => ({ segments: path.slice(1).split("/"), routes: ofPath }));
  }

  /** @param segments of the request's path, still encoded */
  find(segments: readonly string[]): FoundRoutes | undefined {
    const routes = this.#exact.get(`/${segments.join("/")}`);
    if (routes) return { routes, params: {} };
    for (const pattern of this.#patterns) {
      const params = match(pattern.segments, segments);
      if (params) return { routes: pattern.routes, params };
    }
    return undefined;
  }
}

function match(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, wanted] of pattern.entries()) {
    const given = segments[i] ?? "";
    if (wanted.startsWith("{")) params[wanted.slice(1, -1)] = decode(given);
    else if (wanted !== given) return undefined;
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ServiceError("InvalidInput", `Cannot read path: ${segment} is badly encoded`);
  }
}

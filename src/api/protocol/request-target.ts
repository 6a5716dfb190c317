import { ServiceError } from "./service-error.ts";

/** What the request line asks for, taken apart once for signature and dispatch alike. */
export type RequestTarget = {
  /** Segments as sent, still encoded, without empty and dot segments (RFC 3986 §5.2.4). */
  readonly segments: readonly string[];
  readonly trailingSlash: boolean;
  /** Decoded; in the order sent, repeated names included. */
  readonly query: readonly (readonly [name: string, value: string])[];
};

/**
 * Reads a request target in origin form or absolute form (RFC 9112 §3.2).
 * @throws ServiceError MalformedQueryString where the query's encoding is broken
 */
export function parseTarget(url: string): RequestTarget {
  const target = url.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return {
    segments,
    trailingSlash: segments.length > 0 && path.endsWith("/"),
    query: mark < 0 ? [] : parseQuery(target.slice(mark + 1)),
  };
}

/** `/2013-04-01/hostedzone`: no slash at the end. */
export function pathOf(target: RequestTarget): string {
  return `/${target.segments.join("/")}`;
}

function parseQuery(text: string): [string, string][] {
  const pairs = text.split("&").filter((pair) => pair !== "");
  return pairs.map((pair) => {
    const equals = pair.indexOf("=");
    const name = equals < 0 ? pair : pair.slice(0, equals);
    return [decodeQuery(name), equals < 0 ? "" : decodeQuery(pair.slice(equals + 1))];
  });
}

function decodeQuery(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    throw new ServiceError("MalformedQueryString", "The query string contains a syntax error.");
  }
}

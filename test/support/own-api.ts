import type { Route, RouteRequest } from "../../src/api/protocol/route.ts";
import { RouteTable } from "../../src/api/protocol/route-table.ts";
import { ServiceError } from "../../src/api/protocol/service-error.ts";

// Answers are whatever JSON the route gives; each test says what it expects of them.
export type Json = any; // oxlint-disable-line typescript/no-explicit-any

/** Signpost's own routes, called without HTTP. */
export type OwnApi = {
  /** `own("PUT health-checks/x/extension?version=2", body)` */
  (request: string, body?: unknown): Promise<Json>;
  /** Calls and expects `CODE: message`. */
  refusal(request: string, body?: unknown): Promise<string>;
};

export function ownApiOf(routes: readonly Route[]): OwnApi {
  const table = new RouteTable(routes);
  const own = async (request: string, body?: unknown): Promise<Json> => {
    const [method = "", target = ""] = request.split(" ");
    const url = new URL(`http://signpost/signpost/v1/${target}`);
    const found = table.find(url.pathname.slice(1).split("/"));
    const route = found?.routes.find((candidate) => candidate.method === method);
    if (!route) throw new Error(`No route for ${request}`);
    const input: RouteRequest = {
      requestId: "test",
      accessKeyId: "TEST",
      params: found?.params ?? {},
      query: url.searchParams,
      headers: {},
      remoteAddress: "127.0.0.1",
      body: chunks(body),
    };
    const { body: answer } = await route.handle(input);
    return JSON.parse(answer as string);
  };
  const refusal = async (request: string, body?: unknown): Promise<string> => {
    try {
      await own(request, body);
    } catch (error) {
      if (error instanceof ServiceError) return `${error.code}: ${error.message}`;
      throw error;
    }
    throw new Error(`${request} was not refused`);
  };
  return Object.assign(own, { refusal });
}

async function* chunks(body: unknown): AsyncGenerator<Uint8Array> {
  if (body !== undefined) yield Buffer.from(JSON.stringify(body));
}

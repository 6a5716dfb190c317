import type { CheckerDesk, LocationName } from "../../health/checker/checker-desk.ts";
import { locationNamed, LocationNameError } from "../../health/checker/location-name.ts";
import { RunGuard } from "../../health/checker/run-guard.ts";
import {
  VerdictTable,
  VerdictTableError,
  verdictTableSizeMax,
} from "../../health/checker/verdict-table.ts";
import type { Route, RouteRequest } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { asOwnError, healthRoute } from "./health-routes.ts";
import { json, ownRoute } from "./json-route.ts";

/** What the checkers of other machines, and those who look after them, ask of this one. */
export type CheckersContext = {
  desk: CheckerDesk;
  /** Names of the locations that this process runs itself: nobody joins as one of them. */
  ownLocations: readonly string[];
};

/**
 * `PUT checkers/LOCATION/table` takes a verdict table and answers with the version of the list that
 * the location should run; `GET checkers/LOCATION/checks` is that list. `GET checkers` shows all
 * locations, `DELETE checkers/LOCATION` forgets one that is gone.
 */
export function checkerRoutes(context: CheckersContext): Route[] {
  const { desk } = context;
  const guard = new RunGuard();
  const take: Route["handle"] = async (request) => json(await takeTable(context, guard, request));
  return [
    {
      ...ownRoute("PUT", "checkers/{location}/table", orOwnError(take)),
      bodySizeMax: verdictTableSizeMax,
    },
    ownRoute(
      "GET",
      "checkers/{location}/checks",
      orOwnError(async (request) => {
        const body = await desk.listFor(joiner(context, request));
        return { status: 200, headers: { "content-type": "application/json" }, body };
      }),
    ),
    healthRoute("GET", "checkers", async () => ({ checkers: await desk.locations() })),
    healthRoute("DELETE", "checkers/{location}", (request) => forget(context, request)),
  ];
}

function orOwnError(handle: Route["handle"]): Route["handle"] {
  return async (request) => {
    try {
      return await handle(request);
    } catch (error) {
      throw asOwnError(error);
    }
  };
}

async function takeTable(
  context: CheckersContext,
  guard: RunGuard,
  request: RouteRequest,
): Promise<{ listVersion: number }> {
  const name = joiner(context, request);
  const table = await readOctets(request);
  const { run } = readTable(table).header;
  if (!guard.admits(name.location, run)) {
    const message = `another checker has joined as ${name.location} since`;
    throw new ServiceError("Conflict", `Cannot take verdict table: ${message}`);
  }
  const report = { ...name, address: request.remoteAddress, table };
  return { listVersion: await context.desk.take(report) };
}

async function forget(
  { desk }: CheckersContext,
  { params }: RouteRequest,
): Promise<{ forgotten: string }> {
  const location = params["location"] ?? "";
  const outcome = await desk.forget(location);
  if (outcome === "forgotten") return { forgotten: location };
  if (outcome === "unknown") {
    throw new ServiceError("NotFound", `Cannot forget location: there is none named ${location}`);
  }
  const message = `Cannot forget location: ${location} still reports; stop its checker first`;
  throw new ServiceError("InvalidInput", message);
}

/** Who asks. @throws ServiceError where that is no name, or one of our own */
function joiner({ ownLocations }: CheckersContext, request: RouteRequest): LocationName {
  const { location = "" } = request.params;
  if (ownLocations.includes(location)) {
    const message = `Cannot join as ${location}: the server runs a location of that name itself`;
    throw new ServiceError("Conflict", message);
  }
  try {
    return locationNamed(location, request.query.get("region"));
  } catch (error) {
    if (!(error instanceof LocationNameError)) throw error;
    throw new ServiceError("InvalidInput", `Cannot join: ${error.message}`);
  }
}

function readTable(octets: Uint8Array): VerdictTable {
  try {
    return VerdictTable.read(octets);
  } catch (error) {
    if (!(error instanceof VerdictTableError)) throw error;
    throw new ServiceError("InvalidInput", error.message);
  }
}

/** The body in memory of its own, so that it can be handed to another thread. */
async function readOctets({ body }: RouteRequest): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const octets = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    octets.set(chunk, offset);
    offset += chunk.length;
  }
  return octets;
}

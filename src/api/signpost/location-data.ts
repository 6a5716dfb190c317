import { isAbsolute } from "node:path";
import type { RouteRequest } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";

/** Where the places of clients come from at present. */
export type LocationSummary = {
  /** What the data calls itself. */
  source: string;
  /** The operator's files; none for the table that comes with Signpost. */
  files: readonly string[];
  ageDays: number;
  ipv4Ranges: number;
  ipv6Ranges: number;
  cities: number;
  problem?: string;
  attribution?: string;
};

/** What the operations on location data work on. */
export type LocationData = {
  /** Loads the table where nothing has asked for it yet. */
  summary(): Promise<LocationSummary>;
  /**
   * Takes other files from now on, also after a restart; none for the table that comes with Signpost.
   * @throws ServiceError where they cannot be used; the table before stays
   */
  update(files: readonly string[]): Promise<LocationSummary>;
};

/** The parameter `files`: a JSON list of absolute paths on the server. */
export async function updateLocations(
  data: LocationData,
  request: RouteRequest,
): Promise<LocationSummary> {
  const files = readFiles(request.query.get("files") ?? "");
  if (files) return data.update(files);
  throw new ServiceError(
    "InvalidInput",
    "Cannot use location files: the parameter files is no JSON list of absolute paths",
  );
}

function readFiles(json: string): string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  const isPath = (file: unknown): boolean => typeof file === "string" && isAbsolute(file);
  return Array.isArray(value) && value.every(isPath) ? (value as string[]) : undefined;
}

import { networkOf, parseCidr, parseIp } from "../../base/ip.ts";
import type { Cidr } from "../../base/ip.ts";
import { InvalidNameError, normaliseName } from "../../control/model/route53-name.ts";
import { typeFromText } from "../../dns/wire/registries.ts";
import type { RouteRequest } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { Explanation } from "./explanation.ts";
import type { SignpostContext } from "./signpost-context.ts";
import { zoneOfName } from "./zone-of-name.ts";

/** Bits of a client that is given as a single address: what resolvers send (RFC 7871 §11.1). */
const clientBitsDefault = { ipv4: 24, ipv6: 56 } as const;

/**
 * Explains how a name is answered: parameters `name`, `type` (default A), `client` (an address or
 * ADDRESS/LENGTH, as a client subnet option would carry it), `at` (a time, default now).
 * @throws ServiceError where a parameter has the wrong form or no hosted zone has the name
 */
export async function explain(
  context: SignpostContext,
  request: RouteRequest,
): Promise<Explanation> {
  const { state, clock } = context.route53;
  const name = readName(request.query.get("name") ?? "");
  const type = (request.query.get("type") ?? "A").toUpperCase();
  if (typeFromText(type) === undefined) refuse(`${type} is no type of record`);
  const zone = zoneOfName(state, name);
  if (!zone) {
    throw new ServiceError("NotFound", `Cannot explain ${name}: no hosted zone here has that name`);
  }
  const client = readClient(request.query.get("client"));
  const atMs = readTime(request.query.get("at")) ?? clock.nowMs();
  return context.explain({ zoneId: zone.id, name, type, atMs, ...(client ? { client } : {}) });
}

function refuse(what: string): never {
  throw new ServiceError("InvalidInput", `Cannot explain an answer: ${what}`);
}

function readName(text: string): string {
  if (!text) refuse("parameter name is missing");
  try {
    return normaliseName(text);
  } catch (error) {
    if (!(error instanceof InvalidNameError)) throw error;
    return refuse(error.message);
  }
}

function readClient(text: string | null): Cidr | undefined {
  if (text === null || text === "") return undefined;
  const address = parseIp(text);
  if (address) {
    const prefixLength = address.length === 4 ? clientBitsDefault.ipv4 : clientBitsDefault.ipv6;
    return networkOf({ address, prefixLength });
  }
  const cidr = parseCidr(text);
  return cidr ? networkOf(cidr) : refuse(`client ${text} is not ADDRESS or ADDRESS/LENGTH`);
}

function readTime(text: string | null): number | undefined {
  if (text === null || text === "") return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? refuse(`time ${text} is not like 2026-11-22T17:30:00-05:00`) : ms;
}

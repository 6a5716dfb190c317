import { formatIp, parseIp } from "../../base/ip.ts";
import { isRefusedEndpoint } from "../../base/refused-endpoint.ts";
import type { Attempt } from "./attempt.ts";
import { LookupFailure } from "./detail.ts";
import type { EndpointSpec } from "./probe-spec.ts";
import { Reason } from "./reason.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * The address a probe goes to, in canonical form: the endpoint's own, or the first A record of its
 * name. It has been checked against the refused networks and is what must be connected to:
 * nothing looks the name up a second time. Ends the attempt where there is none.
 */
export async function addressOf(
  spec: EndpointSpec,
  { attempt, surroundings }: { attempt: Attempt; surroundings: Surroundings },
): Promise<string | undefined> {
  const text = spec.address ?? literalIn(spec.host) ?? (await lookUp(spec, attempt, surroundings));
  if (text === undefined) return undefined;
  const address = parseIp(text);
  if (!address || isRefusedEndpoint(address, surroundings.allow)) {
    attempt.end(Reason.addressNotAllowed);
    return undefined;
  }
  return formatIp(address);
}

async function lookUp(
  { host }: EndpointSpec,
  attempt: Attempt,
  { resolve }: Surroundings,
): Promise<string | undefined> {
  const found = host && resolve ? await resolve(host) : { failure: LookupFailure.other };
  if ("addresses" in found && found.addresses[0] !== undefined) return found.addresses[0];
  attempt.end(Reason.resolutionFailed, "failure" in found ? found.failure : 0);
  return undefined;
}

/** The name, where it is an IP address in truth (IPv6 in brackets or not). */
function literalIn(host: string | undefined): string | undefined {
  const bare = host?.replace(/^\[(.*)\]$/, "$1");
  return bare !== undefined && parseIp(bare) ? bare : undefined;
}

/** The name that goes into the ClientHello: RFC 6066 §3 has no addresses, and no final dot. */
export function serverNameOf({ host }: EndpointSpec): string | undefined {
  if (host === undefined || host === "" || literalIn(host)) return undefined;
  return host.replace(/\.$/, "");
}

/**
 * The Host header (`:authority`): the name, or the address where there is none, and the port
 * unless it is the scheme's own.
 */
export function hostHeaderOf(spec: EndpointSpec & { tls: boolean }, address: string): string {
  const bare = spec.host || address;
  const host = bare.includes(":") && !bare.startsWith("[") ? `[${bare}]` : bare;
  return spec.port === (spec.tls ? 443 : 80) ? host : `${host}:${spec.port}`;
}

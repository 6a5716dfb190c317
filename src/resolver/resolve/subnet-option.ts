import type { EdnsOption } from "../../dns/wire/edns.ts";
import type { Message } from "../../dns/wire/message.ts";
import { EDNS_OPTION } from "../../dns/wire/registries.ts";

/** Octets of the option's data before the address: family, source and scope prefix length. */
const headSize = 4;
/** Bits of an address by family; of family 0 there are none. */
const addressBits = [0, 32, 128];

/** The client subnet option of a query (RFC 7871 §6), `malformed` where it breaks its rules. */
export function subnetOptionOf({ edns }: Message): EdnsOption | "malformed" | undefined {
  const [option, ...more] = edns?.options.filter(({ code }) => code === subnetCode) ?? [];
  if (!option) return undefined;
  return more.length === 0 && isWellFormed(option.data) ? option : "malformed";
}

/** The same of a message that is known to keep to the rules: read before, or our own. */
export function subnetIn({ edns }: Message): EdnsOption | undefined {
  return edns?.options.find(({ code }) => code === subnetCode);
}

const subnetCode = EDNS_OPTION.CLIENT_SUBNET;

function isWellFormed(data: Uint8Array): boolean {
  const [high = 0, low = 0, bits = 0, scope] = data;
  const most = addressBits[(high << 8) | low];
  if (most === undefined || bits > most || scope !== 0) return false;
  if (data.length !== headSize + ((bits + 7) >> 3)) return false;
  const unused = data.length > headSize ? (8 - (bits & 7)) & 7 : 0;
  return ((data.at(-1) ?? 0) & ((1 << unused) - 1)) === 0 || unused === 0;
}

/** Of two answers' options the one that holds for fewer clients. */
export function narrower(
  one: EdnsOption | undefined,
  other: EdnsOption | undefined,
): EdnsOption | undefined {
  if (!one || !other) return one ?? other;
  return (one.data[3] ?? 0) >= (other.data[3] ?? 0) ? one : other;
}

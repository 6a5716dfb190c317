import { formatIp, parseIpv6 } from "../../base/ip.ts";
import type { Field, RdataParser, RdataReader } from "./field.ts";

/** An IPv4 address: four decimal octets without leading zeros. */
export function ipv4Field(name: string): Field {
  return {
    name,
    parse: (from) => writeIpv4(from, from.take()),
    format: formatIpv4,
  };
}

/** An IPv6 address (RFC 4291 §2.2), written as RFC 5952 says. */
export function ipv6Field(name: string): Field {
  return {
    name,
    parse: (from) => writeIpv6(from, from.take()),
    format: (from) => formatIp(from.take(16)),
  };
}

function formatIpv4(from: RdataReader): string {
  return `${from.u8()}.${from.u8()}.${from.u8()}.${from.u8()}`;
}

/**
 * Appends an IPv4 address. Reads the characters itself: an import has millions of them.
 * @throws RdataError IllegalIPv4Address
 */
export function writeIpv4(from: RdataParser, text: string): void {
  const end = text.length;
  let octets = 0;
  let at = 0;
  while (octets < 4 && at < end) {
    const start = at;
    let value = 0;
    for (; at < end && at < start + 3; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const leadingZero = at - start > 1 && text.charCodeAt(start) === 0x30;
    if (at === start || value > 255 || leadingZero) break;
    from.u8(value);
    octets++;
    if (octets < 4 && text.charCodeAt(at++) !== 0x2e) break;
  }
  if (octets === 4 && at === end) return;
  throw from.error("IllegalIPv4Address", "not a valid IPv4 address", text);
}

/**
 * Appends an IPv6 address.
 * @throws RdataError IllegalIPv6Address
 */
export function writeIpv6(from: RdataParser, text: string): void {
  const address = parseIpv6(text);
  if (!address) throw from.error("IllegalIPv6Address", "not a valid IPv6 address", text);
  from.append(address);
}

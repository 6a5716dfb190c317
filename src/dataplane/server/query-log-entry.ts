import { formatIp } from "../../base/ip.ts";
import { formatNameAt } from "../../dns/wire/name.ts";
import { rcodeToText, typeToText } from "../../dns/wire/registries.ts";
import { queryLogSlot as slot } from "../../telemetry/query-log-ring.ts";
import type { QueryLogRing } from "../../telemetry/query-log-ring.ts";

/** One answered query of a zone whose queries are logged. */
export type QueryLogEntry = {
  timeMs: number;
  zoneKey: number;
  /** With its trailing dot, in the case that was asked. */
  qname: string;
  qtype: string;
  rcode: string;
  protocol: "UDP" | "TCP";
  resolverIp: string;
  /** `192.0.2.0/24`, or `-` if the query had none. */
  ednsClientSubnet: string;
};

/** Takes every entry out of a ring; without a listener they are thrown away. */
export function drainQueryLog(
  ring: QueryLogRing,
  listener: ((entry: QueryLogEntry) => void) | undefined,
): void {
  for (let offset = ring.peek(); offset >= 0; offset = ring.peek()) {
    const entry = readEntry(ring, offset);
    ring.release();
    listener?.(entry);
  }
}

function readEntry({ bytes, view }: QueryLogRing, offset: number): QueryLogEntry {
  return {
    timeMs: view.getFloat64(offset + slot.time, true),
    zoneKey: view.getInt32(offset + slot.zoneKey, true),
    qname: formatNameAt(bytes, offset + slot.qname, 8),
    qtype: typeToText(view.getUint16(offset + slot.qtype, true)),
    rcode: rcodeToText(view.getUint16(offset + slot.rcode, true)),
    protocol: bytes[offset + slot.protocol] === 0 ? "UDP" : "TCP",
    resolverIp: readIp(bytes, offset + slot.client, bytes[offset + slot.clientSize] as number),
    ednsClientSubnet: readSubnet(bytes, offset),
  };
}

function readSubnet(bytes: Uint8Array, offset: number): string {
  const size = bytes[offset + slot.subnetSize] as number;
  if (size === 0) return "-";
  const prefixLength = bytes[offset + slot.subnetPrefixLength] as number;
  return `${readIp(bytes, offset + slot.subnet, size)}/${prefixLength}`;
}

function readIp(bytes: Uint8Array, offset: number, size: number): string {
  return formatIp(bytes.slice(offset, offset + size));
}

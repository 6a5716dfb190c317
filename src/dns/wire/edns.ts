/** What an OPT record says (RFC 6891 §6.1), but for the extended RCODE, which the message holds. */
export type Edns = {
  /** Octets of UDP payload that the sender takes: 0–65535. */
  readonly udpPayloadSize: number;
  /** 0–255; only 0 is defined. */
  readonly version: number;
  /** DO (RFC 3225 §3). */
  readonly dnssecOk: boolean;
  readonly options: readonly EdnsOption[];
};

export type EdnsOption = {
  /** One of EDNS_OPTION or any other: 0–65535. */
  readonly code: number;
  readonly data: Uint8Array;
};

/** An OPT record's CLASS, TTL and RDATA taken apart, with the upper 8 bits of the RCODE. */
export type OptFields = { readonly edns: Edns; readonly extendedRcode: number };

/**
 * Reads the OPT record with these fields.
 * @returns `undefined` if its options overrun its RDATA
 */
export function decodeOpt(udpSize: number, ttl: number, rdata: Uint8Array): OptFields | undefined {
  const options: EdnsOption[] = [];
  const view = new DataView(rdata.buffer, rdata.byteOffset, rdata.byteLength);
  let at = 0;
  while (at < rdata.length) {
    if (at + 4 > rdata.length) return undefined;
    const end = at + 4 + view.getUint16(at + 2);
    if (end > rdata.length) return undefined;
    options.push({ code: view.getUint16(at), data: rdata.slice(at + 4, end) });
    at = end;
  }
  const version = (ttl >>> 16) & 0xff;
  const dnssecOk = (ttl & 0x8000) !== 0;
  const edns = { udpPayloadSize: udpSize, version, dnssecOk, options };
  return { edns, extendedRcode: ttl >>> 24 };
}

/** Octets of the OPT record, its root owner name included. */
export function optSize(edns: Edns): number {
  return edns.options.reduce((size, option) => size + 4 + option.data.length, 11);
}

/** The TTL field of the OPT record. */
export function optTtl(edns: Edns, rcode: number): number {
  return (((rcode >>> 4) << 24) | (edns.version << 16) | (edns.dnssecOk ? 0x8000 : 0)) >>> 0;
}

/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
export const ServingStatus = { unknown: 0, serving: 1, notServing: 2, serviceUnknown: 3 } as const;

/** The path of `grpc.health.v1.Health/Check` (gRPC Health Checking Protocol). */
export const healthCheckPath = "/grpc.health.v1.Health/Check";

/** Wire types of Protocol Buffers. */
const wireType = { varint: 0, fixed64: 1, sized: 2, fixed32: 5 } as const;
const prefixSize = 5;

/**
 * A HealthCheckRequest as gRPC sends it: a flag octet (not compressed), four octets of length,
 * then the message, whose field 1 is the service's name. No name is the server as a whole.
 */
export function encodeHealthRequest(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  const field = name.length === 0 ? [] : [(1 << 3) | wireType.sized, ...varint(name.length)];
  const size = field.length + (name.length === 0 ? 0 : name.length);
  const framed = new Uint8Array(prefixSize + size);
  new DataView(framed.buffer).setUint32(1, size);
  framed.set(field, prefixSize);
  framed.set(name, prefixSize + field.length);
  return framed;
}

function varint(value: number): number[] {
  const octets: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return [...octets, rest];
    octets.push((rest & 127) | 128);
  }
}

/**
 * The serving status in a framed HealthCheckResponse; `undefined` for what is none. Fields of later
 * versions are passed over; the last value of field 1 counts, and none is 0.
 */
export function decodeHealthResponse(framed: Uint8Array): number | undefined {
  if (framed.length < prefixSize || framed[0] !== 0) return undefined;
  const size = new DataView(framed.buffer, framed.byteOffset).getUint32(1);
  if (framed.length !== prefixSize + size) return undefined;
  const reader = new FieldReader(framed.subarray(prefixSize));
  let status: number = ServingStatus.unknown;
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    const isStatus = tag === ((1 << 3) | wireType.varint);
    if (isStatus) status = reader.varint();
    else reader.skip(tag & 7);
    if (reader.isBroken) return undefined;
  }
  return status;
}

class FieldReader {
  isBroken = false;
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#octets.length;
  }

  /** At most ten octets; a value of more than 32 bits keeps its low ones. */
  varint(): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const octet = this.#octets[this.#at++];
      if (octet === undefined) break;
      if (i < 5) value |= (octet & 127) << (7 * i);
      if (octet < 128) return value >>> 0;
    }
    this.isBroken = true;
    return 0;
  }

  skip(type: number): void {
    if (type === wireType.varint) this.varint();
    else if (type === wireType.fixed64) this.#skipOctets(8);
    else if (type === wireType.fixed32) this.#skipOctets(4);
    else if (type === wireType.sized) this.#skipOctets(this.varint());
    else this.isBroken = true;
  }

  #skipOctets(size: number): void {
    this.#at += size;
    if (this.#at > this.#octets.length) this.isBroken = true;
  }
}

/** What is known of where a client is; all may be missing. Codes as Route 53 writes them. */
export type Place = {
  continent?: string;
  country?: string;
  /** Of the United States alone. */
  subdivision?: string;
  city?: string;
  /** Degrees. */
  latitude?: number;
  longitude?: number;
};

/** The first `prefixLength` bits of an address; `address` has 4 or 16 octets. */
export type Network = { address: Uint8Array; prefixLength: number };

const earthRadiusKilometres = 6_371.007;

/** Great-circle distance by the haversine formula. */
export function distanceKilometres(
  a: { latitude: number; longitude: number },
  b: { latitude: number; longitude: number },
): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = (difference: number): number => Math.sin(radians(difference) / 2) ** 2;
  const haversine =
    half(b.latitude - a.latitude) +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * half(b.longitude - a.longitude);
  return 2 * earthRadiusKilometres * Math.asin(Math.sqrt(Math.min(1, haversine)));
}

/** The address as the text of its bits. */
function bitsOf({ address, prefixLength }: Network): string {
  const bits = Array.from(address, (octet) => octet.toString(2).padStart(8, "0")).join("");
  return bits.slice(0, prefixLength);
}

/** Whether all of `inner` lies in `outer`; networks of two families never do. */
export function isInside(inner: Network, outer: Network): boolean {
  if (inner.address.length !== outer.address.length) return false;
  return bitsOf(inner).startsWith(bitsOf(outer));
}

/** The greatest prefix length of some networks. */
export function longestMatch(networks: readonly Network[]): number {
  return Math.max(...networks.map(({ prefixLength }) => prefixLength));
}

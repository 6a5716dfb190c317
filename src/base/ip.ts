/** An IP address in network order: 4 octets (IPv4) or 16 (IPv6). */
export type IpAddress = Uint8Array;

export type Cidr = { address: IpAddress; prefixLength: number };

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Four decimal octets without leading zeros; `undefined` for anything else. */
export function parseIpv4(text: string): IpAddress | undefined {
  const match = IPV4.exec(text);
  if (!match) return undefined;
  const address = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = match[i + 1] as string;
    const octet = Number(part);
    if (octet > 255 || String(octet) !== part) return undefined;
    address[i] = octet;
  }
  return address;
}

/** Text forms of RFC 4291 §2.2 (no zone index); `undefined` for anything else. */
export function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] as string, true) : [];
  if (!head || !tail) return undefined;
  const groups = head.length + tail.length;
  if (halves.length === 2 ? groups > 7 : groups !== 8) return undefined;
  const address = new Uint8Array(16);
  head.forEach((group, i) => writeGroup(address, i, group));
  tail.forEach((group, i) => writeGroup(address, 8 - tail.length + i, group));
  return address;
}

function writeGroup(address: Uint8Array, index: number, group: number): void {
  address[index * 2] = group >> 8;
  address[index * 2 + 1] = group & 255;
}

/** Colon-separated groups; the last may be an IPv4 address where `mayEndInIpv4`. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(parseInt(part, 16));
      continue;
    }
    const ipv4 = i === parts.length - 1 && mayEndInIpv4 ? parseIpv4(part) : undefined;
    if (!ipv4) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = ipv4;
    groups.push((a << 8) | b, (c << 8) | d);
  }
  return groups;
}

export function parseIp(text: string): IpAddress | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** The same of what the system tells of a socket or interface, with a zone index or without. */
export function parseScopedIp(text: string | undefined): IpAddress | undefined {
  return parseIp(text?.split("%")[0] ?? "");
}

/** Dotted decimal, or RFC 5952 text for IPv6. */
export function formatIp(address: IpAddress): string {
  if (address.length === 4) return address.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => groupAt(address, i));
  const run = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (run.size < 2) return hex.join(":");
  return `${hex.slice(0, run.start).join(":")}::${hex.slice(run.start + run.size).join(":")}`;
}

function groupAt(address: IpAddress, index: number): number {
  return ((address[index * 2] as number) << 8) | (address[index * 2 + 1] as number);
}

function longestZeroRun(groups: readonly number[]): { start: number; size: number } {
  let best = { start: 0, size: 0 };
  for (let i = 0; i < groups.length; i++) {
    let size = 0;
    while (i + size < groups.length && groups[i + size] === 0) size++;
    if (size > best.size) best = { start: i, size };
    i += size;
  }
  return best;
}

/** `ADDRESS/LENGTH`; host bits may be set (they are kept). */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.lastIndexOf("/");
  const address = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (!address || !/^\d{1,3}$/.test(lengthText)) return undefined;
  const prefixLength = Number(lengthText);
  return prefixLength <= address.length * 8 ? { address, prefixLength } : undefined;
}

export function formatCidr(cidr: Cidr): string {
  return `${formatIp(cidr.address)}/${cidr.prefixLength}`;
}

/** The same network with its host bits cleared. */
export function networkOf(cidr: Cidr): Cidr {
  const address = Uint8Array.from(cidr.address, (octet, i) => octet & octetMask(cidr, i));
  return { address, prefixLength: cidr.prefixLength };
}

export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  if (address.length !== cidr.address.length) return false;
  return address.every((octet, i) => ((octet ^ (cidr.address[i] ?? 0)) & octetMask(cidr, i)) === 0);
}

/** Whether two networks have an address in common. */
export function cidrsOverlap(one: Cidr, other: Cidr): boolean {
  const [wide, narrow] = one.prefixLength <= other.prefixLength ? [one, other] : [other, one];
  return cidrContains(wide, narrow.address);
}

function octetMask(cidr: Cidr, index: number): number {
  const bits = Math.min(8, Math.max(0, cidr.prefixLength - index * 8));
  return (0xff00 >> bits) & 255;
}

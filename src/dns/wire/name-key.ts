import { lowerName } from "./name.ts";
import type { Name } from "./name.ts";

/** A name as the key of a Map: its octets, letters in lower case. */
export function nameKey(name: Name): string {
  return String.fromCharCode(...lowerName(name));
}

/** The keys of a name and of all above it, the longest first, the root's last. */
export function* suffixKeys(key: string): Generator<string> {
  let at = 0;
  for (;;) {
    yield key.slice(at);
    const size = key.charCodeAt(at);
    if (size === 0) return;
    at += size + 1;
  }
}

/** The name of a key, in lower case. */
export function keyName(key: string): Name {
  return Uint8Array.from(key, (octet) => octet.charCodeAt(0));
}

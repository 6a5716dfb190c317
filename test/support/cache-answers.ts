import type { CacheEntry } from "../../src/resolver/cache/answer-cache.ts";
import { encodeMessage } from "../../src/dns/wire/encode-message.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { CLASS, TYPE } from "../../src/dns/wire/registries.ts";

export type AnswerShape = {
  /** TXT records of the answer, each with the octet `fill`. */
  texts?: number;
  textSize?: number;
  fill?: number;
  ttl?: number;
  rcode?: number;
  partition?: number;
  variant?: number;
  at?: number;
  lifeSeconds?: number;
  staleSeconds?: number;
  prefetchAtSeconds?: number;
};

/** An entry for the answer cache: TXT records, all octets of which are alike, and an SOA's worth. */
export function cacheEntry(name: string, shape: AnswerShape = {}): CacheEntry {
  const { texts = 1, textSize = 20, fill = 0, ttl = 300, at = 0 } = shape;
  const owner = parseName(name);
  const type = TYPE.TXT;
  const rdata = new Uint8Array(textSize + 1).fill(fill);
  rdata[0] = textSize;
  const record = { owner, type, class: CLASS.IN, ttl, rdata };
  const response = encodeMessage({
    id: 0,
    opcode: 0,
    rcode: shape.rcode ?? 0,
    flags: { qr: true, ra: true },
    questions: [{ name: owner, type, class: CLASS.IN }],
    answer: Array.from({ length: texts }, () => record),
    authority: [{ ...record, ttl: ttl * 2 }],
    additional: [],
  });
  const { partition = 1, variant = 0, lifeSeconds = ttl, staleSeconds = 0 } = shape;
  return {
    key: { partition, name: owner, type, variant },
    response,
    storedAtSeconds: at,
    expiresAtSeconds: at + lifeSeconds,
    staleUntilSeconds: at + lifeSeconds + staleSeconds,
    prefetchAtSeconds: shape.prefetchAtSeconds,
  };
}

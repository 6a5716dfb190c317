const unitSeconds: Readonly<Record<string, number>> = {
  S: 1,
  M: 60,
  H: 3_600,
  D: 86_400,
  W: 604_800,
};

/** The largest TTL: 31 bits (RFC 2181 §8). */
export const ttlMax = 0x7fffffff;

/**
 * Reads a number of seconds, plain or in units: `3600`, `1h30m`, `2W`.
 * @returns 0–4294967295, or `undefined` for anything else
 */
export function parseTtl(text: string): number | undefined {
  let total = 0;
  let value = -1;
  let hasUnit = false;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit >= 0 && digit <= 9) {
      value = Math.max(value, 0) * 10 + digit;
    } else {
      const unit = unitSeconds[text.charAt(i).toUpperCase()];
      if (unit === undefined || value < 0) return undefined;
      total += value * unit;
      value = -1;
      hasUnit = true;
    }
    if (total + Math.max(value, 0) > 0xffffffff) return undefined;
  }
  if (value >= 0) return hasUnit ? undefined : value;
  return hasUnit ? total : undefined;
}

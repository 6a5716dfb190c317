import fc from "fast-check";

/** fast-check arbitraries of DNS data, for the tests of every layer. */

const letters = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_*");
const plainLabel = fc
  .array(letters, { minLength: 1, maxLength: 12 })
  .map((characters) => Uint8Array.from(characters, (character) => character.charCodeAt(0)));
const octetLabel = fc.uint8Array({ minLength: 1, maxLength: 63 });

/** Labels of letters, or of any octets. */
export const label = fc.oneof({ weight: 3, arbitrary: plainLabel }, octetLabel);

/** A name of any octets, at most 255 of them. */
export const name = fc
  .array(label, { maxLength: 8 })
  .map(nameOfLabels)
  .filter((wire) => wire.length <= 255);

/** A name of at most 255 octets that has no more than four short labels. */
export const shortName = fc.array(plainLabel, { maxLength: 4 }).map(nameOfLabels);

export function nameOfLabels(labels: readonly Uint8Array[]): Uint8Array {
  const octets: number[] = [];
  for (const one of labels) octets.push(one.length, ...one);
  octets.push(0);
  return Uint8Array.from(octets);
}

/** Text that is often near to being right: pieces of master-file syntax and any characters. */
export function nearText(pieces: readonly string[]) {
  const odd = fc.string({
    maxLength: 4,
    unit: fc.constantFrom("\0", "\n", "\r", "\x7f", "é", "€"),
  });
  const ascii = fc.string({ maxLength: 6 });
  const piece = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...pieces) }, ascii, odd);
  return fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(""));
}

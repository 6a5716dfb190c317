/**
 * A code of two capital letters or digits (country, state, continent) as a number: the first
 * letter's octet above the second's. 0 stands for no code.
 */
export function packPlaceCode(code: string): number {
  return code.length === 2 ? (code.charCodeAt(0) << 8) | code.charCodeAt(1) : 0;
}

/** The letters of a packed code; the empty string for 0. */
export function placeCodeText(code: number): string {
  return code === 0 ? "" : String.fromCharCode(code >> 8, code & 0xff);
}

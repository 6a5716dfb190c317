/** A file that is not a MaxMind DB, is damaged, or holds no locations; the message says which. */
export class MmdbError extends Error {
  override name = "MmdbError";
}

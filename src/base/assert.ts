/** Thrown when the program itself is wrong; never caught to go on, the thread dies and is restarted. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/**
 * States what must hold here if the code is right.
 * @throws AssertionError where it does not
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The value, where it is known to be there. */
export function present<T>(value: T | null | undefined, message: string): T {
  assert(value !== null && value !== undefined, message);
  return value;
}

import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { ServiceError } from "./service-error.ts";

/** The client went away in the middle of its request: there is nobody to answer. */
export class ClientGoneError extends Error {
  override readonly name = "ClientGoneError";
}

export type BodyLimits = {
  /** Octets; Infinity for no limit. */
  readonly sizeMax: number;
  /** From now to the last octet. */
  readonly timeoutMs: number;
};

/**
 * The octets of a request's body as they come; the reader sets the pace.
 * @throws ServiceError RequestEntityTooLarge, RequestTimeout; ClientGoneError
 */
export async function* readChunks(
  request: IncomingMessage,
  limits: BodyLimits,
): AsyncGenerator<Uint8Array> {
  if (Number(request.headers["content-length"] ?? 0) > limits.sizeMax) throw tooLarge(limits);
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  const timer = new AbortController();
  const expired = delay(limits.timeoutMs, undefined, { signal: timer.signal, ref: false });
  const late = expired.then(
    () =>
      Promise.reject(new ServiceError("RequestTimeout", "The request took too long to arrive.")),
    () => new Promise<never>(() => {}), // cleared: the race was won
  );
  let size = 0;
  try {
    for (;;) {
      const chunk = await Promise.race([chunks.next(), late]);
      if (chunk.done) return;
      size += chunk.value.length;
      if (size > limits.sizeMax) throw tooLarge(limits);
      yield chunk.value;
    }
  } catch (error) {
    throw request.destroyed && !(error instanceof ServiceError) ? new ClientGoneError() : error;
  } finally {
    timer.abort();
    late.catch(() => {});
    chunks.return?.()?.catch(() => {});
  }
}

function tooLarge({ sizeMax }: BodyLimits): ServiceError {
  const message = `Request size exceeds the limit of ${sizeMax} bytes.`;
  return new ServiceError("RequestEntityTooLarge", message);
}

/**
 * Lets the rest of a refused body go by, so that a client that writes before it reads gets its
 * answer; resolves when the body has ended, or `sizeMax` octets or `timeoutMs` have passed.
 */
export function discardRest(request: IncomingMessage, limits: BodyLimits): Promise<void> {
  return new Promise((resolve) => {
    let size = 0;
    const timer = setTimeout(finish, limits.timeoutMs);
    function finish(): void {
      clearTimeout(timer);
      request.pause();
      resolve();
    }
    request.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > limits.sizeMax) finish();
    });
    for (const event of ["end", "error", "close"]) request.once(event, finish);
    request.resume();
  });
}

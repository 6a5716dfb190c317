import { ServiceError } from "./service-error.ts";

type AnyHandler = (input: unknown, request: unknown) => unknown;

/** Handlers that answer faults of this server which pass as such (503), not as defects. */
export function tellUnavailable<Handlers extends object>(
  handlers: Handlers,
  passes: (error: unknown) => boolean,
): Handlers {
  const entries = Object.entries(handlers as Record<string, AnyHandler>);
  return Object.fromEntries(
    entries.map(([name, handler]) => [
      name,
      async (input: unknown, request: unknown): Promise<unknown> => {
        try {
          return await handler(input, request);
        } catch (error) {
          if (!passes(error)) throw error;
          throw new ServiceError("ServiceUnavailable", (error as Error).message);
        }
      },
    ]),
  ) as Handlers;
}

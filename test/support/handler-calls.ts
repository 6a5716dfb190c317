import { ServiceError } from "../../src/api/protocol/service-error.ts";

/** Of handlers by the names of their operations: what one is given, and what it answers. */
export type InputOf<Handlers, Name extends keyof Handlers> = Parameters<
  Extract<Handlers[Name], (...given: never[]) => unknown>
>[0];
export type OutputOf<Handlers, Name extends keyof Handlers> = Awaited<
  ReturnType<Extract<Handlers[Name], (...given: never[]) => unknown>>
>;

export type HandlerCalls<Handlers> = {
  call<Name extends keyof Handlers>(
    name: Name,
    input: InputOf<Handlers, Name>,
  ): Promise<OutputOf<Handlers, Name>>;
  /** Calls and expects to be refused. */
  refusal<Name extends keyof Handlers>(
    name: Name,
    input: InputOf<Handlers, Name>,
  ): Promise<ServiceError>;
};

/** Calls of an API's handlers as one client makes them, without HTTP. */
export function callsOf<Handlers extends object>(handlers: Handlers): HandlerCalls<Handlers> {
  const request = { requestId: "test", accessKeyId: "TEST", receivedAtMs: 0 };
  const call: HandlerCalls<Handlers>["call"] = async (name, input) => {
    const handler = handlers[name] as (input: unknown, request: unknown) => Promise<never>;
    return await handler(input, request);
  };
  return {
    call,
    async refusal(name, input) {
      try {
        await call(name, input);
      } catch (error) {
        if (error instanceof ServiceError) return error;
        throw error;
      }
      throw new Error(`${String(name)} was not refused`);
    },
  };
}

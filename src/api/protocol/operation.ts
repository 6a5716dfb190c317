/**
 * A request or answer as a handler sees it: required members are there (the decoder has checked),
 * so the `| undefined` that the SDK's types put on them is taken off, all the way down.
 */
export type Decoded<T> = T extends string | number | boolean | Date | Uint8Array | undefined | null
  ? T
  : T extends readonly (infer E)[]
    ? Decoded<E>[]
    : { [K in keyof T]: undefined extends T[K] ? DecodedMember<T, K> : Decoded<T[K]> };

type DecodedMember<T, K extends keyof T> =
  Record<never, never> extends Pick<T, K> ? Decoded<T[K]> : Exclude<Decoded<T[K]>, undefined>;

/** What a handler knows about the request beside its input. */
export type RequestContext = {
  /** Unique; the client gets it in `x-amzn-RequestId`, the log names it. */
  readonly requestId: string;
  /** The verified caller. */
  readonly accessKeyId: string;
  /** When the request was received, in milliseconds since 1970. */
  readonly receivedAtMs: number;
};

/**
 * Does one operation of a service.
 *
 * `input` has the SDK's member names, is complete and within the constraints of the service's
 * model. The answer is the SDK's response shape; HTTP-bound members (`Location`) are members too.
 * @throws ServiceError for everything the caller should see; anything else is InternalFailure
 */
export type Handler<I, O> = (input: Decoded<I>, request: RequestContext) => O | Promise<O>;

type CommandName = `${string}Command`;

/** The names of the operations of an SDK package: `"CreateHostedZone" | …`. */
export type OperationName<Sdk> = keyof {
  [
    K in keyof Sdk as K extends `$${string}`
      ? never
      : K extends `${infer Name}Command`
        ? Name
        : never
  ]: true;
};

type InputOf<Command> = Command extends new (...args: never[]) => { input: infer Input }
  ? Input
  : never;

type OutputOf<Command> = Command extends new (...args: never[]) => {
  resolveMiddleware: (...args: never[]) => {
    (...args: never[]): Promise<{ output: infer Output }>;
  };
}
  ? Omit<Output, "$metadata">
  : never;

/**
 * The handlers of a service by operation name, typed by its SDK package:
 * `Handlers<typeof import("@aws-sdk/client-route-53")>`. An operation left out answers 501.
 */
export type Handlers<Sdk> = {
  readonly [Name in OperationName<Sdk> & string]?: `${Name}Command` extends keyof Sdk & CommandName
    ? Handler<InputOf<Sdk[`${Name}Command`]>, OutputOf<Sdk[`${Name}Command`]>>
    : never;
};

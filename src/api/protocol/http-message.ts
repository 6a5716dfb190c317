/** A request whose body is there in full. */
export type HttpRequest = {
  readonly method: string;
  /** The path as sent: still encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; values of a repeated header are joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export type HttpResponse = {
  readonly status: number;
  /** Names as they are sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
};

import { createHash } from "node:crypto";
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import {
  checkListSizeMax,
  checkListTimeoutMs,
  checkerAnswerSizeMax,
  checkerReportTimeoutMs,
} from "../../base/limits.ts";
import { signOwnCall } from "../../base/own-api.ts";
import type { AccessKey, OwnCall } from "../../base/own-api.ts";
import type { LocationName } from "./checker-desk.ts";
import type { ControlPlane } from "./membership.ts";

/** The control plane answered, and said no. */
export class ControlPlaneRefusal extends Error {
  override name = "ControlPlaneRefusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  /** Whether asking again would help nothing: the key, the name or the table is wrong. */
  get isLasting(): boolean {
    return (
      this.status >= 400 && this.status < 500 && !/Throttling|RequestTimeout/.test(this.message)
    );
  }
}

export type ControlPlaneClientOptions = LocationName & {
  endpoint: URL;
  key: AccessKey;
};

type Call = Omit<OwnCall, "sha256"> & {
  body: Uint8Array;
  timeoutMs: number;
  answerSizeMax: number;
};

/** Speaks to a Signpost elsewhere: signed requests over connections that are kept. */
export class ControlPlaneClient implements ControlPlane {
  readonly #options: ControlPlaneClientOptions;
  readonly #agent: HttpAgent;
  readonly #path: string;
  readonly #query: Record<string, string>;

  constructor(options: ControlPlaneClientOptions) {
    this.#options = options;
    const { location, region, endpoint } = options;
    const agent = { keepAlive: true, maxSockets: 2 };
    this.#agent = endpoint.protocol === "https:" ? new HttpsAgent(agent) : new HttpAgent(agent);
    this.#path = `checkers/${location}`;
    this.#query = region === null ? {} : { region };
  }

  /** @throws ControlPlaneRefusal, or what the network says */
  async report(table: Uint8Array): Promise<number> {
    const answer = await this.#call({
      ...{ method: "PUT", path: `${this.#path}/table`, query: this.#query, body: table },
      ...{ timeoutMs: checkerReportTimeoutMs, answerSizeMax: checkerAnswerSizeMax },
    });
    const { listVersion } = JSON.parse(answer.toString()) as { listVersion?: unknown };
    if (typeof listVersion === "number") return listVersion;
    throw new Error("Cannot read answer to table: it names no list version");
  }

  /** @throws ControlPlaneRefusal, or what the network says */
  async list(): Promise<Uint8Array> {
    return await this.#call({
      ...{
        method: "GET",
        path: `${this.#path}/checks`,
        query: this.#query,
        body: new Uint8Array(),
      },
      ...{ timeoutMs: checkListTimeoutMs, answerSizeMax: checkListSizeMax },
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  async #call({ body, timeoutMs, answerSizeMax, ...call }: Call): Promise<Buffer> {
    const sha256 = createHash("sha256").update(body).digest("hex");
    const { target, headers } = await signOwnCall(this.#options, { ...call, sha256 });
    const send = target.protocol === "https:" ? httpsRequest : httpRequest;
    const { agent, method } = { agent: this.#agent, method: call.method };
    const length = { "content-length": String(body.length) };
    const request = send(target, { method, agent, headers: { ...headers, ...length } });
    const late = setTimeout(() => {
      request.destroy(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        request.on("response", resolve);
        request.on("error", reject);
        request.end(body);
      });
      const answer = await readAnswer(response, answerSizeMax);
      const status = response.statusCode ?? 0;
      if (status === 200) return answer;
      throw new ControlPlaneRefusal(status, refusalText(status, answer.toString()));
    } finally {
      clearTimeout(late);
    }
  }
}

async function readAnswer(response: IncomingMessage, sizeMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > sizeMax) throw new Error(`Cannot read answer: more than ${sizeMax} octets`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** The code and message of our JSON error, else what there is. */
function refusalText(status: number, text: string): string {
  try {
    const { code, message } = JSON.parse(text) as { code?: string; message?: string };
    if (code && message) return `${code}: ${message}`;
  } catch {
    // No answer of ours: something between here and there has spoken.
  }
  return `HTTP ${status}: ${text.slice(0, 200)}`;
}

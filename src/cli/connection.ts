import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { readAccessKey, signOwnCall } from "../base/own-api.ts";
import type { AccessKey } from "../base/own-api.ts";
import { CommandFailure, optional } from "./command.ts";
import type { Invocation } from "./command.ts";

/** Where a running Signpost is and how to sign for it. */
export type Connection = {
  endpoint: URL;
  key: AccessKey;
};

/** The connection of an invocation's `--data`. */
export function connectionOf(invocation: Invocation): Connection {
  return findConnection(optional(invocation.options, "data") ?? "signpost-data", invocation.env);
}

/**
 * The connection that `--data DIR` describes: `DIR/endpoint` (written when Signpost is ready) and
 * `DIR/credentials`. SIGNPOST_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY come first.
 * @throws CommandFailure where there is none
 */
function findConnection(data: string, env: NodeJS.ProcessEnv): Connection {
  const endpoint = env["SIGNPOST_ENDPOINT"] ?? readOwn(join(data, "endpoint"), data).trim();
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const given = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
  const key = given ?? readCredentials(join(data, "credentials"), data);
  return { endpoint: new URL(endpoint), key };
}

function readOwn(path: string, data: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "not there" : String(error);
    throw new CommandFailure(
      `Cannot find a running Signpost: ${path} is ${why}; start it with` +
        ` \`bin/signpost up --data ${data}\`, or name its directory with --data`,
      "unreachable",
    );
  }
}

function readCredentials(path: string, data: string): AccessKey {
  const key = readAccessKey(readOwn(path, data));
  if (key) return key;
  throw new CommandFailure(`Cannot read a key from ${path}: no profile in it`, "unreachable");
}

export type OwnRequest = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the own prefix, without a leading slash; segments already encoded. */
  path: string;
  query?: Record<string, string>;
  /** A small body, or a stream whose SHA-256 (hex) is known. */
  body?: string | { stream: AsyncIterable<Uint8Array>; sha256: string };
};

/** Sends one signed request of Signpost's own API and returns the answer, body unread. */
export async function send(connection: Connection, own: OwnRequest): Promise<IncomingMessage> {
  const { endpoint } = connection;
  const body = own.body ?? "";
  const sha256 =
    typeof body === "string" ? createHash("sha256").update(body).digest("hex") : body.sha256;
  const { target, headers } = await signOwnCall(connection, { ...own, sha256 });
  const request = (endpoint.protocol === "https:" ? httpsRequest : httpRequest)(target, {
    method: own.method,
    headers,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.on("response", resolve);
    request.on("error", (error) => reject(unreachable(endpoint, error)));
  });
  if (typeof body === "string") request.end(body);
  else void upload(request, body.stream);
  return answered;
}

function unreachable(endpoint: URL, error: Error): CommandFailure {
  const why = (error as NodeJS.ErrnoException).code ?? error.message;
  return new CommandFailure(`Cannot reach Signpost at ${endpoint.origin}: ${why}`, "unreachable");
}

/** Writes the stream as the body, waiting whenever the server is behind. */
async function upload(
  request: ReturnType<typeof httpRequest>,
  stream: AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    for await (const chunk of stream) {
      if (request.destroyed) return;
      if (!request.write(chunk)) await drained(request);
    }
    request.end();
  } catch (error) {
    request.destroy(error as Error);
  }
}

function drained(request: ReturnType<typeof httpRequest>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      request.off("drain", done);
      request.off("close", done);
      resolve();
    };
    request.on("drain", done);
    request.on("close", done);
  });
}

/** The whole answer as JSON. @throws CommandFailure with the server's words when it refused */
export async function readJson<T>(response: IncomingMessage): Promise<T> {
  const text = await readText(response);
  if ((response.statusCode ?? 0) < 300) return JSON.parse(text || "{}") as T;
  throw refusal(response.statusCode ?? 0, text);
}

export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** What the server said when it did not do it: our JSON error, or an AWS error in XML. */
export function refusal(status: number, text: string): CommandFailure {
  const message =
    /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ??
    /<Message>([^<]*)<\/Message>/.exec(text)?.[1];
  return new CommandFailure(message ?? `Signpost answered HTTP ${status}: ${text}`, "refused");
}

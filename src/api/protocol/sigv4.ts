import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { presignedLifeMaxSeconds } from "../../base/limits.ts";
import type { RequestTarget } from "./request-target.ts";
import { ServiceError } from "./service-error.ts";

/**
 * What a signature covers.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export type SignedRequest = {
  readonly method: string;
  readonly target: RequestTarget;
  /** Values by name in lower case, in the order sent. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
};

/** What a request says about its signature; nothing of it is proved before `verifySignature`. */
export type SignatureClaim = {
  readonly accessKeyId: string;
  /** ISO 8601 basic: `20260102T030405Z` */
  readonly time: string;
  /** `20260102/us-east-1/route53/aws4_request` */
  readonly scope: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** How long it is good for; `undefined` for the header form, where only clocks may differ. */
  readonly lifeSeconds: number | undefined;
  readonly presigned: boolean;
  /** The payload's hash as the client states it, or `unsignedPayload`; `undefined`: not stated. */
  readonly payloadHash: string | undefined;
};

export const unsignedPayload = "UNSIGNED-PAYLOAD";
const algorithm = "AWS4-HMAC-SHA256";
const terminator = "aws4_request";

/**
 * Takes the claim out of the Authorization header or the presigned query.
 * @throws ServiceError MissingAuthenticationToken, IncompleteSignature and others
 */
export function readClaim(request: SignedRequest): SignatureClaim {
  const authorization = request.headers.get("authorization")?.[0];
  if (authorization !== undefined) return claimOfHeader(request, authorization);
  if (queryValue(request, "X-Amz-Signature") !== undefined) return claimOfQuery(request);
  throw new ServiceError("MissingAuthenticationToken", "Missing Authentication Token");
}

function claimOfHeader(request: SignedRequest, authorization: string): SignatureClaim {
  const [, given = "", rest = ""] = /^(\S*)\s*(.*)$/.exec(authorization) ?? [];
  checkAlgorithm(given);
  const fields = new Map<string, string>();
  for (const field of rest.split(/\s*,\s*/)) {
    const equals = field.indexOf("=");
    if (equals > 0) fields.set(field.slice(0, equals), field.slice(equals + 1).trim());
  }
  const time = headerTime(request);
  const missing = ["Credential", "Signature", "SignedHeaders"]
    .filter((name) => !fields.get(name))
    .map((name) => `Authorization header requires '${name}' parameter.`);
  if (time === undefined) {
    const either = "existence of either a 'X-Amz-Date' or a 'Date' header";
    missing.push(`Authorization header requires ${either}.`);
  }
  if (missing.length > 0) throw new ServiceError("IncompleteSignature", missing.join(" "));
  return {
    ...readCredential(fields.get("Credential") ?? ""),
    time: checkTime(time ?? ""),
    signedHeaders: readSignedHeaders(fields.get("SignedHeaders") ?? ""),
    signature: fields.get("Signature") ?? "",
    lifeSeconds: undefined,
    presigned: false,
    payloadHash: request.headers.get("x-amz-content-sha256")?.[0]?.trim(),
  };
}

function claimOfQuery(request: SignedRequest): SignatureClaim {
  const parameter = (name: string): string => {
    const value = queryValue(request, name);
    if (value) return value;
    const message = `AWS query-string parameters must include '${name}'.`;
    const advice = "Re-examine the query-string parameters.";
    throw new ServiceError("IncompleteSignature", `${message} ${advice}`);
  };
  checkAlgorithm(parameter("X-Amz-Algorithm"));
  const lifeSeconds = Number(queryValue(request, "X-Amz-Expires") ?? 300);
  if (!Number.isInteger(lifeSeconds) || lifeSeconds < 1 || lifeSeconds > presignedLifeMaxSeconds) {
    throw new ServiceError(
      "InvalidQueryParameter",
      `X-Amz-Expires must be between 1 and ${presignedLifeMaxSeconds} seconds`,
    );
  }
  return {
    ...readCredential(parameter("X-Amz-Credential")),
    time: checkTime(parameter("X-Amz-Date")),
    signedHeaders: readSignedHeaders(parameter("X-Amz-SignedHeaders")),
    signature: parameter("X-Amz-Signature"),
    lifeSeconds,
    presigned: true,
    payloadHash:
      request.headers.get("x-amz-content-sha256")?.[0]?.trim() ??
      queryValue(request, "X-Amz-Content-Sha256"),
  };
}

function queryValue(request: SignedRequest, name: string): string | undefined {
  return request.target.query.find(([key]) => key === name)?.[1];
}

function checkAlgorithm(given: string): void {
  if (given === algorithm) return;
  throw new ServiceError("IncompleteSignature", `Unsupported AWS 'algorithm': '${given}'.`);
}

/** The time of `X-Amz-Date`, else of `Date`, which may be an HTTP date (RFC 9110 §5.6.7). */
function headerTime(request: SignedRequest): string | undefined {
  const amzDate = request.headers.get("x-amz-date")?.[0];
  if (amzDate !== undefined) return amzDate.trim();
  const date = request.headers.get("date")?.[0]?.trim();
  if (date === undefined || basicTime.test(date)) return date;
  const parsed = new Date(date);
  return Number.isNaN(parsed.getTime()) ? date : formatBasicTime(parsed.getTime());
}

const basicTime = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

function checkTime(time: string): string {
  if (basicTime.test(time) && !Number.isNaN(parseBasicTime(time))) return time;
  throw new ServiceError(
    "IncompleteSignature",
    `Date must be in ISO-8601 'basic format'. Got '${time.slice(0, 64)}'. ` +
      "See http://en.wikipedia.org/wiki/ISO_8601",
  );
}

function readCredential(credential: string) {
  const parts = credential.split("/");
  const [accessKeyId = "", day = "", region = "", service = "", end = ""] = parts;
  if (parts.length !== 5 || accessKeyId === "") {
    throw new ServiceError(
      "IncompleteSignature",
      "Credential must have exactly 5 slash-delimited elements, e.g. " +
        `keyid/date/region/service/term, got '${credential.slice(0, 256)}'`,
    );
  }
  if (end !== terminator) {
    const wanted = `Credential should be scoped with a valid terminator: '${terminator}'`;
    throw mismatch(`${wanted}, not '${end}'.`);
  }
  return { accessKeyId, service, scope: [day, region, service, end].join("/") };
}

function readSignedHeaders(text: string): string[] {
  const names = text.toLowerCase().split(";");
  if (names.includes("host")) return names;
  throw mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.");
}

/**
 * States that a claim is made at a time that `nowMs` may accept and for `service`, if given.
 * @throws ServiceError SignatureDoesNotMatch, in AWS's words
 */
export function checkClaim(
  claim: SignatureClaim,
  at: { nowMs: number; skewMs: number; services: readonly string[] },
): void {
  const madeAtMs = parseBasicTime(claim.time);
  const lifeMs = claim.lifeSeconds === undefined ? at.skewMs : claim.lifeSeconds * 1000;
  const minutes = (ms: number) => `${Math.round(ms / 60_000)} min.`;
  const now = formatBasicTime(at.nowMs);
  if (at.nowMs - madeAtMs > lifeMs) {
    const least = formatBasicTime(at.nowMs - lifeMs);
    throw mismatch(
      `Signature expired: ${claim.time} is now earlier than ${least} (${now} - ${minutes(lifeMs)})`,
    );
  }
  if (madeAtMs - at.nowMs > at.skewMs) {
    const most = formatBasicTime(at.nowMs + at.skewMs);
    throw mismatch(
      `Signature not yet current: ${claim.time} is still later than ${most} ` +
        `(${now} + ${minutes(at.skewMs)})`,
    );
  }
  const day = claim.scope.slice(0, claim.scope.indexOf("/"));
  if (!claim.time.startsWith(`${day}T`)) {
    throw mismatch(
      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: " +
        `'${day}' != '${claim.time.slice(0, 8)}', from '${claim.time}'.`,
    );
  }
  if (!at.services.includes(claim.service)) {
    throw mismatch(`Credential should be scoped to correct service: '${at.services[0]}'.`);
  }
}

function parseBasicTime(time: string): number {
  return Date.parse(time.replace(basicTime, "$1-$2-$3T$4:$5:$6Z"));
}

function formatBasicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

/**
 * States that the claim's signature is that of `request` with a payload of `payloadHash` (the hex
 * SHA-256, or `unsignedPayload`) under `secret`.
 * @throws ServiceError SignatureDoesNotMatch
 */
export function verifySignature(
  claim: SignatureClaim,
  request: SignedRequest,
  proof: { secret: string; payloadHash: string },
): void {
  const canonical = canonicalRequest(claim, request, proof.payloadHash);
  const stringToSign = [algorithm, claim.time, claim.scope, sha256(canonical)].join("\n");
  const key = claim.scope
    .split("/")
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${proof.secret}`);
  const wanted = Buffer.from(hmac(key, stringToSign).toString("hex"));
  const given = Buffer.from(claim.signature);
  if (wanted.length === given.length && timingSafeEqual(wanted, given)) return;
  throw mismatch(
    "The request signature we calculated does not match the signature you provided. Check your " +
      "AWS Secret Access Key and signing method. Consult the service documentation for details.",
  );
}

/** Exported for tests against the vectors of other signers. */
export function canonicalRequest(
  claim: SignatureClaim,
  request: SignedRequest,
  payloadHash: string,
): string {
  const headers = claim.signedHeaders.map((name) => {
    const values = request.headers.get(name) ?? [];
    return `${name}:${values.map(canonicalHeader).join(",")}\n`;
  });
  return [
    request.method,
    canonicalPath(request.target),
    canonicalQuery(request.target, claim.presigned),
    headers.join(""),
    claim.signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

/** Services other than S3 sign each segment encoded once more than it was sent. */
function canonicalPath(target: RequestTarget): string {
  return `/${target.segments.map(encode).join("/")}${target.trailingSlash ? "/" : ""}`;
}

function canonicalQuery(target: RequestTarget, presigned: boolean): string {
  return target.query
    .filter(([name]) => !(presigned && name === "X-Amz-Signature"))
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => order(nameA, nameB) || order(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Everything but RFC 3986's unreserved characters, as upper-case `%XX`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Node gives header octets as Latin-1; clients sign them as UTF-8. */
function canonicalHeader(value: string): string {
  return Buffer.from(value, "latin1").toString("utf8").trim().replace(/\s+/g, " ");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function mismatch(message: string): ServiceError {
  return new ServiceError("SignatureDoesNotMatch", message);
}

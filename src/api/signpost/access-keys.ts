import { randomBytes } from "node:crypto";
import type { StateReader } from "../../control/state/state-reader.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { commit } from "../route53/commit.ts";

/** A key as the state holds it, by access key id. Signing needs the secret itself, not a hash. */
export type AccessKey = { secret: string; createdAt: string; comment?: string };

export type NewAccessKey = {
  accessKeyId: string;
  secretAccessKey: string;
  createdAt: string;
  comment?: string;
};

/** Base 32 without look-alikes, so that an id can be read aloud. */
const idAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** 20 characters, as long as AWS's, with a prefix that AWS does not use. */
function newAccessKeyId(): string {
  return `SPAK${Array.from(randomBytes(16), (octet) => idAlphabet[octet % 32]).join("")}`;
}

/** Makes a key; the secret (40 characters, 240 random bits) is in the answer and nowhere else. */
export async function createAccessKey(
  context: ApiContext,
  comment?: string,
): Promise<NewAccessKey> {
  const accessKeyId = newAccessKeyId();
  const secretAccessKey = randomBytes(30).toString("base64");
  const createdAt = new Date(context.clock.nowMs()).toISOString();
  const described = { createdAt, ...(comment ? { comment } : {}) };
  const value = { secret: secretAccessKey, ...described };
  await commit(context, {
    action: "signpost:CreateAccessKey",
    plan: () => ({
      mutations: [{ put: "accessKey", key: [accessKeyId], value }],
      result: undefined,
    }),
  });
  return { accessKeyId, secretAccessKey, ...described };
}

/** Keys without their secrets, by id. */
export function listAccessKeys(state: StateReader): Omit<NewAccessKey, "secretAccessKey">[] {
  return state.list<AccessKey>("accessKey").map(({ key, value }) => ({
    accessKeyId: key[0] ?? "",
    createdAt: value.createdAt,
    ...(value.comment ? { comment: value.comment } : {}),
  }));
}

/** @throws ServiceError where there is no such key, or it is the last one */
export async function deleteAccessKey(context: ApiContext, accessKeyId: string): Promise<void> {
  await commit(context, {
    action: "signpost:DeleteAccessKey",
    plan() {
      refuseDeletion(context.state, accessKeyId);
      return { mutations: [{ remove: "accessKey", key: [accessKeyId] }], result: undefined };
    },
  });
}

function refuseDeletion(state: StateReader, accessKeyId: string): void {
  if (!state.get<AccessKey>("accessKey", [accessKeyId])) {
    throw new ServiceError("NotFound", `Cannot delete access key: ${accessKeyId} is not there`);
  }
  if (state.count("accessKey") === 1) {
    throw new ServiceError(
      "InvalidInput",
      `Cannot delete access key: ${accessKeyId} is the last one; make another first`,
    );
  }
}

/** The secret of a key; what signatures are checked against. */
export function secretOf(state: StateReader, accessKeyId: string): string | undefined {
  return state.get<AccessKey>("accessKey", [accessKeyId])?.secret;
}

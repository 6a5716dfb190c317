import { randomBytes } from "node:crypto";
import { InvalidHealthCheckError } from "../../control/model/health-check-config.ts";
import type { HealthCheckExtension } from "../../control/model/health-check-extension.ts";
import { childrenOf } from "../../control/model/health-check-extension.ts";
import { readExtension } from "../../control/model/health-check-extension-input.ts";
import { requireSoundNesting } from "../../control/model/health-check-nesting.ts";
import type { HealthCheck, HealthCheckConfig } from "../../control/model/health-check.ts";
import { InputObject, InputProblem } from "../../control/model/input-object.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { drawUuid } from "../../control/model/resource-id.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { commit } from "../route53/commit.ts";
import { putCheck, readCheck } from "../route53/health-check-rows.ts";
import type { StoredCheck } from "../route53/health-check-rows.ts";
import { planHealthCheck } from "../route53/health-checks.ts";
import { readWantedCheck } from "./health-check-input.ts";
import { bindNames } from "./health-check-names.ts";

/**
 * Creates a check, extension and all, with one entry; or finds the same one again where the
 * caller reference is known.
 * @returns its id
 * @throws ServiceError
 */
export async function createHealthCheck(context: ApiContext, body: unknown): Promise<string> {
  const wanted = readWantedCheck(body);
  const { given, name, extension } = wanted;
  const callerReference = wanted.callerReference ?? `signpost-${drawUuid(context.random)}`;
  const extend = (id: string, config: HealthCheckConfig) =>
    extension && withToken(soundExtension(context, { id, config }, extension), undefined);
  const { result } = await commit(context, {
    action: "signpost:CreateHealthCheck",
    plan() {
      const planned = planHealthCheck(context, { callerReference, given, extend });
      const { id } = planned.result;
      if (planned.mutations.length === 0) requireSameExtension(context, id, extension);
      const tag: Mutation[] =
        name === undefined || planned.mutations.length === 0
          ? []
          : [{ put: "tag", key: ["healthcheck", id], value: { Name: name } }];
      return { mutations: [...planned.mutations, ...tag], result: id };
    },
  });
  return result;
}

function requireSameExtension(
  context: ApiContext,
  id: string,
  extension: HealthCheckExtension | undefined,
): void {
  const { extension: stored } = readCheck(context, id);
  const asked = extension && withToken(bindNames(context.state, extension), stored);
  if (sameMembers(stored ?? {}, asked ?? {})) return;
  throw new ServiceError(
    "HealthCheckAlreadyExists",
    `Cannot create health check: ${id} has the same caller reference and another extension`,
  );
}

function sameMembers(one: HealthCheckExtension, other: HealthCheckExtension): boolean {
  const text = (value: object): string =>
    JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return text(one) === text(other);
}

export type ExtensionChange = {
  id: string;
  /** The version that the check must still have; any without. */
  version?: number | undefined;
  /** What to do with the extension as it is; none takes it away. */
  change: (before: HealthCheckExtension) => unknown;
};

/**
 * Changes what Signpost adds to a check; its version goes up as with UpdateHealthCheck.
 * @throws ServiceError
 */
export async function changeExtension(context: ApiContext, wanted: ExtensionChange): Promise<void> {
  await commit(context, {
    action: "signpost:UpdateHealthCheckExtension",
    plan() {
      const before = readCheck(context, wanted.id);
      requireVersion(before.check, wanted.version);
      const after = extended(context, before, wanted.change(before.extension ?? {}));
      return { mutations: putCheck(after, before), result: undefined };
    },
  });
}

function extended(context: ApiContext, stored: StoredCheck, given: unknown): StoredCheck {
  const { check, extension: before } = stored;
  const changed = { ...check, version: check.version + 1 };
  if (given === undefined) return { check: changed };
  const read = readExtension(given, check.config.type);
  const extension = withToken(soundExtension(context, check, read), before);
  return Object.keys(extension).length === 0 ? { check: changed } : { check: changed, extension };
}

function requireVersion({ id, version }: HealthCheck, expected: number | undefined): void {
  if (expected === undefined || expected === version) return;
  throw new ServiceError(
    "HealthCheckVersionMismatch",
    `Cannot change health check ${id}: its version is ${version}, not ${expected}`,
  );
}

/** A heartbeat has a token: the one that is given, else the one there was, else a new one. */
function withToken(
  extension: HealthCheckExtension,
  before: HealthCheckExtension | undefined,
): HealthCheckExtension {
  const { probe } = extension;
  if (probe?.kind !== "heartbeat" || probe.token !== undefined) return extension;
  const kept = before?.probe?.kind === "heartbeat" ? before.probe.token : undefined;
  const token = kept ?? randomBytes(18).toString("base64url");
  return { ...extension, probe: { ...probe, token } };
}

/** The extension with its names bound, of checks that are there and lead nowhere back. */
function soundExtension(
  context: ApiContext,
  { id, config }: { id: string; config: HealthCheckConfig },
  extension: HealthCheckExtension,
): HealthCheckExtension {
  const { state } = context;
  const bound = bindNames(state, extension);
  const member = bound.expression === undefined ? "children" : "checks";
  const children = childrenOf(config, bound);
  for (const child of bound.expression === undefined && !bound.children ? [] : children) {
    if (child === id || state.get("healthCheck", [child]) !== undefined) continue;
    throw new InputProblem(`extension.${member}`, `there is no health check ${child}`);
  }
  try {
    requireSoundNesting(id, children, {
      childrenOf: (check) => childrenOfStored(context, check),
      parentsOf: (check) =>
        state.list("healthCheckByChild", { prefix: [check] }).map(({ key }) => key[1] ?? ""),
    });
  } catch (error) {
    if (!(error instanceof InvalidHealthCheckError)) throw error;
    throw new InputProblem(`extension.${member}`, error.message);
  }
  return bound;
}

function childrenOfStored({ state }: ApiContext, id: string): string[] {
  const check = state.get<HealthCheck>("healthCheck", [id]);
  const extension = state.get<HealthCheckExtension>("healthCheckExtension", [id]);
  return check ? childrenOf(check.config, extension) : [];
}

/** The extension with the members of a JSON merge patch (RFC 7396): null takes a member away. */
export function patched(before: HealthCheckExtension, patch: unknown): unknown {
  const object = new InputObject(patch, "extension");
  const merged = new Map<string, unknown>(Object.entries(before));
  // Names are bound anew for an expression that is new, and go with one that is taken away.
  if (object.has("expression")) merged.delete("checks");
  for (const [name, value] of Object.entries(patch as object)) merged.set(name, value);
  return Object.fromEntries([...merged].filter(([, value]) => value !== null));
}

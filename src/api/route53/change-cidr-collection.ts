import { formatCidr, networkOf, parseCidr } from "../../base/ip.ts";
import { cidrBlockCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { requireCollection } from "./cidr-collection.ts";
import type { CidrCollection } from "./cidr-collection.ts";
import { commitChange } from "./commit.ts";
import { isFull } from "./quotas.ts";
import { bareId } from "./resource-ids.ts";
import type { Route53Handlers } from "./route53-handler.ts";

type Input = Parameters<NonNullable<Route53Handlers["ChangeCidrCollection"]>>[0];
type Edit = { action: "PUT" | "DELETE_IF_EXISTS"; location: string; block: string };

/** Longest prefixes of blocks: what resolvers send of a client's address. */
const prefixLengthMax = { ipv4: 24, ipv6: 48 } as const;

/** Applies the changes in order, all or none of them. */
export async function changeCidrCollection(
  context: ApiContext,
  input: Input,
): Promise<{ Id: string }> {
  const edits = readEdits(input);
  const { changeInfo } = await commitChange(context, {
    action: "ChangeCidrCollection",
    plan() {
      const collection = requireCollection(context, input.Id);
      if ((input.CollectionVersion ?? collection.version) !== collection.version) {
        throw new ServiceError(
          "CidrCollectionVersionMismatchException",
          "The CIDR collection version you provided, doesn't match the one in the account.",
        );
      }
      return { mutations: planEdits(context, collection, edits), result: undefined };
    },
  });
  return { Id: bareId(changeInfo.Id) };
}

function readEdits(input: Input): Edit[] {
  const edits = input.Changes.flatMap(({ Action, LocationName, CidrList }): Edit[] =>
    CidrList.map((text) => ({ action: Action, location: LocationName, block: readBlock(text) })),
  );
  if (edits.length > cidrBlockCountMax) {
    const message = `A request cannot have more than ${cidrBlockCountMax} CIDR blocks`;
    throw new ServiceError("InvalidInput", message);
  }
  return edits;
}

/** A block in the one form in which it is kept and compared. */
function readBlock(text: string): string {
  const cidr = parseCidr(text);
  const max = cidr?.address.length === 4 ? prefixLengthMax.ipv4 : prefixLengthMax.ipv6;
  if (cidr && cidr.prefixLength >= 1 && cidr.prefixLength <= max) {
    const block = formatCidr(networkOf(cidr));
    if (block === formatCidr(cidr)) return block;
  }
  throw new ServiceError("InvalidInput", `The CIDR block ${text} is not valid`);
}

function planEdits(
  context: ApiContext,
  collection: CidrCollection,
  edits: readonly Edit[],
): Mutation[] {
  const rows = context.state.list("cidrBlock", { prefix: [collection.id] });
  const before = new Map(rows.map(({ key }) => [key[2] as string, key[1] as string]));
  const after = new Map(before);
  for (const { action, location, block } of edits) {
    const current = after.get(block);
    if (action === "DELETE_IF_EXISTS") {
      if (current === location) after.delete(block);
    } else if (current === undefined) {
      after.set(block, location);
    } else if (current !== location) {
      throw new ServiceError(
        "CidrBlockInUseException",
        `This CIDR block is already in use: ${block}`,
      );
    }
  }
  const more = after.size - before.size;
  if (more > 0 && isFull(context, "MAX_CIDR_BLOCKS_BY_COLLECTION", before.size, more)) {
    const message = "Limits Exceeded: MAX_CIDR_BLOCKS_BY_COLLECTION - Cannot add more CIDR blocks.";
    throw new ServiceError("LimitsExceeded", message);
  }
  refuseEmptied(context, collection, { before, after });
  return editMutations(collection, before, after);
}

/** A location that record sets use must keep a block. */
function refuseEmptied(
  context: ApiContext,
  { id }: CidrCollection,
  blocks: { before: ReadonlyMap<string, string>; after: ReadonlyMap<string, string> },
): void {
  const left = new Set(blocks.after.values());
  for (const location of new Set(blocks.before.values())) {
    if (left.has(location)) continue;
    const uses = context.state.list("cidrLocationUse", { prefix: [id, location], limit: 1 });
    if (uses.length === 0) continue;
    const message = `The CIDR location ${location} is in use by resource record sets`;
    throw new ServiceError("CidrBlockInUseException", message);
  }
}

function editMutations(
  collection: CidrCollection,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Mutation[] {
  const { id } = collection;
  const value = { ...collection, version: collection.version + 1 };
  const mutations: Mutation[] = [{ put: "cidrCollection", key: [id], value }];
  for (const [block, location] of before) {
    if (after.get(block) === location) continue;
    mutations.push({ remove: "cidrBlock", key: [id, location, block] });
  }
  for (const [block, location] of after) {
    if (before.get(block) === location) continue;
    mutations.push({ put: "cidrBlock", key: [id, location, block], value: true });
  }
  return mutations;
}

import { tokenOf } from "../protocol/page-token.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import type { CidrCollection } from "./cidr-collection.ts";
import { cidrCollectionView, requireCollection } from "./cidr-collection.ts";
import { cutPage, pageSize, pageStart } from "./pages.ts";
import type { HandlerFamily } from "./route53-handler.ts";

const pageSizeMax = 100;
const blockPageSizeMax = 1_000;

export const listCidrCollections: HandlerFamily<
  "ListCidrCollections" | "ListCidrLocations" | "ListCidrBlocks"
> = (context) => ({
  ListCidrCollections(input) {
    const size = pageSize(input.MaxResults, pageSizeMax, "MaxResults");
    const rows = context.state.list<CidrCollection>("cidrCollection", {
      ...pageStart(input.NextToken, { size: 1 }, "InvalidInput"),
      limit: size + 1,
    });
    const { page, next } = cutPage(rows, size);
    return {
      CidrCollections: page.map(({ value }) => cidrCollectionView(context, value)),
      ...(next ? { NextToken: tokenOf(next.key) } : {}),
    };
  },

  ListCidrLocations: (input) =>
    context.state.read(() => {
      const { id } = requireCollection(context, input.CollectionId);
      const size = pageSize(input.MaxResults, pageSizeMax, "MaxResults");
      const start = pageStart(input.NextToken, { prefix: [id], size: 2 }, "InvalidInput");
      const { page, next } = cutPage(locations(context, start, size + 1), size);
      return {
        CidrLocations: page.map((LocationName) => ({ LocationName })),
        ...(next === undefined ? {} : { NextToken: tokenOf([id, next]) }),
      };
    }),

  ListCidrBlocks: (input) =>
    context.state.read(() => {
      const { id } = requireCollection(context, input.CollectionId);
      const size = pageSize(input.MaxResults, blockPageSizeMax, "MaxResults");
      const { LocationName, NextToken } = input;
      const prefix = LocationName === undefined ? [id] : [id, LocationName];
      const rows = context.state.list("cidrBlock", {
        ...pageStart(NextToken, { prefix, size: 3 }, "InvalidInput"),
        limit: size + 1,
      });
      if (LocationName !== undefined && rows.length === 0 && NextToken === undefined) {
        throw new ServiceError(
          "NoSuchCidrLocationException",
          "The CIDR collection location doesn't match any locations in your account.",
        );
      }
      const { page, next } = cutPage(rows, size);
      return {
        CidrBlocks: page.map(({ key }) => ({ CidrBlock: key[2], LocationName: key[1] })),
        ...(next ? { NextToken: tokenOf(next.key) } : {}),
      };
    }),
});

/** Sorts after every block of a location. */
const lastKey = "\u{10ffff}";

type Start = { prefix?: readonly string[]; from?: readonly string[] };

/** Names of locations in order. */
function locations(context: ApiContext, start: Start, limit: number): string[] {
  const { prefix = [] } = start;
  const names: string[] = [];
  let position: { from?: readonly string[]; after?: readonly string[] } = start;
  while (names.length < limit) {
    const [row] = context.state.list("cidrBlock", { ...position, prefix, limit: 1 });
    if (!row) break;
    const name = row.key[1] as string;
    names.push(name);
    position = { after: [...prefix, name, lastKey] };
  }
  return names;
}

import { ServiceError } from "../protocol/service-error.ts";
import type { HandlerFamily } from "./resolver-handler.ts";
import { notFound } from "./resolver-refusals.ts";

/** Resolvers on AWS Outposts: hardware of AWS, which is not here. */
export const outpostResolvers: HandlerFamily<
  | "CreateOutpostResolver"
  | "DeleteOutpostResolver"
  | "GetOutpostResolver"
  | "ListOutpostResolvers"
  | "UpdateOutpostResolver"
> = () => ({
  CreateOutpostResolver: ({ OutpostArn }) => {
    throw new ServiceError(
      "NotImplemented",
      `There are no Outposts here: a resolver cannot be created on ${OutpostArn}.`,
    );
  },
  DeleteOutpostResolver: ({ Id }) => {
    throw unknown(Id);
  },
  GetOutpostResolver: ({ Id }) => {
    throw unknown(Id);
  },
  ListOutpostResolvers: () => ({ OutpostResolvers: [] }),
  UpdateOutpostResolver: ({ Id }) => {
    throw unknown(Id);
  },
});

function unknown(id: string): ServiceError {
  const message = `Outpost resolver "${id}" does not exist: there are no Outposts here.`;
  return notFound(message, "outpost-resolver");
}

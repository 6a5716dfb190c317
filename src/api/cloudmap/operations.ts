import { operationTypes } from "../../control/model/cloud-map.ts";
import type { CloudMapOperation } from "../../control/model/cloud-map.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily, InputOf } from "./cloudmap-handler.ts";
import { fits, readFilters } from "./list-filters.ts";
import type { FilterRules } from "./list-filters.ts";
import { filteredPage } from "./list-page.ts";

/** Asynchronous requests and what has become of them. */
export const operations: HandlerFamily<"GetOperation" | "ListOperations"> = (context) => ({
  GetOperation({ OperationId, OwnerAccount }) {
    const { state, settings } = context.route53;
    const isOurs = OwnerAccount === undefined || OwnerAccount === settings.accountId;
    const row = isOurs
      ? state.get<CloudMapOperation>("cloudMapOperation", [OperationId])
      : undefined;
    if (row) return { Operation: operationView(context, row) };
    const message = `There is no operation with the id ${OperationId}`;
    throw new ServiceError("OperationNotFound", message);
  },

  ListOperations: (input) => context.route53.state.read(() => list(context, input)),
});

/** The documentation says SUCCEED where answers say SUCCESS. */
const statuses = ["SUBMITTED", "PENDING", "SUCCESS", "SUCCEED", "FAIL"];

const filterRules: FilterRules = {
  NAMESPACE_ID: { conditions: ["EQ"] },
  SERVICE_ID: { conditions: ["EQ"] },
  STATUS: { conditions: ["EQ", "IN"], values: statuses },
  TYPE: { conditions: ["EQ", "IN"], values: operationTypes },
  UPDATE_DATE: { conditions: ["BETWEEN"] },
};

function list(context: CloudMapContext, input: InputOf<"ListOperations">) {
  const filters = readFilters(input.Filters, filterRules).map((filter) => ({
    ...filter,
    values: filter.values.map((value) => (value === "SUCCEED" ? "SUCCESS" : value)),
  }));
  const { page, next } = filteredPage<CloudMapOperation>(context, input, {
    table: "cloudMapOperation",
    keySize: 1,
    matches: (row) =>
      fits(filters, {
        NAMESPACE_ID: row.targets.NAMESPACE,
        SERVICE_ID: row.targets.SERVICE,
        STATUS: statusOf(context, row),
        TYPE: row.type,
        UPDATE_DATE: Date.parse(row.at) / 1000,
      }),
  });
  return {
    Operations: page.map((row) => ({ Id: row.id, Status: statusOf(context, row) })),
    ...next,
  };
}

/**
 * An operation is recorded by the log entry that does its work. It has succeeded when every
 * answering worker serves that entry, as a change of Route 53 is INSYNC then.
 */
function statusOf(
  { route53 }: CloudMapContext,
  { failure, seq }: CloudMapOperation,
): "PENDING" | "SUCCESS" | "FAIL" {
  if (failure) return "FAIL";
  return route53.log.applied.upTo() >= seq ? "SUCCESS" : "PENDING";
}

function operationView(context: CloudMapContext, row: CloudMapOperation) {
  const { id, type, targets, failure, at } = row;
  return {
    Id: id,
    OwnerAccount: context.route53.settings.accountId,
    Type: type,
    Status: statusOf(context, row),
    ...(failure && { ErrorCode: failure.code, ErrorMessage: failure.message }),
    CreateDate: new Date(at),
    UpdateDate: new Date(at),
    Targets: { ...targets },
  } as const;
}

import type { ChangeRow } from "../../control/model/hosted-zone.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ChangeInfo } from "./commit.ts";
import { bareId } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";

export const getChange: HandlerFamily<"GetChange"> = (context) => ({
  GetChange(input) {
    const id = bareId(input.Id);
    const row = context.state.get<ChangeRow>("change", [id]);
    if (!row) throw new ServiceError("NoSuchChange", `Could not find resource with ID: ${id}`);
    const info: ChangeInfo = {
      Id: `/change/${id}`,
      Status: context.log.applied.upTo() >= row.seq ? "INSYNC" : "PENDING",
      SubmittedAt: new Date(row.at),
      ...(row.comment === undefined ? {} : { Comment: row.comment }),
    };
    return { ChangeInfo: info };
  },
});

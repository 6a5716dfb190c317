import type { ChangeLog } from "../../control/log/change-log.ts";
import { accountSubject } from "../../control/model/mutation.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { ServiceError } from "../protocol/service-error.ts";

export type AccountStore = { state: StateReader; log: ChangeLog };

/** Tries of one append before the caller is told to come back: each loses to another writer. */
const triesMax = 8;

/**
 * Appends what `plan` makes of the state, planned again whenever another change came first.
 * @throws what `plan` throws; ServiceError PriorRequestNotComplete after too many tries
 */
export async function appendToAccount(
  store: AccountStore,
  action: string,
  plan: (state: StateReader) => Mutation[],
): Promise<void> {
  for (let tries = 0; tries < triesMax; tries++) {
    const [head, mutations] = store.state.read(
      () => [store.state.head(accountSubject), plan(store.state)] as const,
    );
    const appended = await store.log.append(accountSubject, head, { action, mutations });
    if (appended !== "conflict") return;
  }
  throw new ServiceError("Throttling", `Cannot append ${action}: ${triesMax} tries lost to others`);
}

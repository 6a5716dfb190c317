import { ServiceError } from "../api/protocol/service-error.ts";
import type { ImportOutcome, SignpostContext } from "../api/signpost/signpost-context.ts";
import { systemClock } from "../base/clock.ts";
import { StoreError } from "../control/log/change-log.ts";
import type { Store } from "../control/log/open-store.ts";
import { openStateReader } from "../control/state/sqlite-state-reader.ts";
import { exportZone as writeZone } from "../control/transfer/export-zone.ts";
import { importZone as readZone } from "../control/transfer/import-zone.ts";
import { TransferError } from "../control/transfer/transfer-error.ts";

type ImportJob = Parameters<SignpostContext["importZone"]>[0];

/**
 * Resolves when the imported zone is served.
 * @throws ServiceError where the import cannot be done, whatever the file says
 */
export async function importZone(store: Store, job: ImportJob): Promise<ImportOutcome> {
  const { state, log } = store;
  try {
    const connectStore = () => store.connect();
    const outcome = await readZone({ ...job, state, log, connectStore });
    if ("imported" in outcome) {
      job.onProgress({ stage: "serving", done: outcome.imported.records });
      await log.applied.waitFor(outcome.imported.seq);
    }
    return outcome;
  } catch (error) {
    if (error instanceof TransferError) throw new ServiceError("InvalidInput", error.message);
    if (error instanceof StoreError) throw new ServiceError("ServiceUnavailable", error.message);
    throw error;
  }
}

export function exportZone(
  dataDir: string,
  zone: { zoneId: string; zoneName: string },
): AsyncIterable<string> {
  const openReader = () => openStateReader(dataDir);
  return writeZone({ ...zone, clock: systemClock, openReader });
}

import type { TableName } from "./tables.ts";

/** What one committed entry touched. */
export type Committed = {
  seq: number;
  at: string;
  subject: string;
  action: string;
  /** Zones whose sets changed. */
  zones: ChangedZone[];
  /** Small tables of which rows changed. */
  tables: TableName[];
};

/** `names` as in `ResourceRecordSet.name`, each once; `"all"` after an import or a drop. */
export type ChangedZone = { zoneId: string; names: string[] | "all" };

export type TransferErrorCode =
  | "ZoneNotEmpty"
  | "ZoneChanged"
  | "ZoneProtected"
  | "ImportFailed"
  | "ExportTooSlow";

/** An import or export that cannot be done, whatever the file says. */
export class TransferError extends Error {
  override name = "TransferError";
  readonly code: TransferErrorCode;

  constructor(code: TransferErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

import { parseName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { recordValueForm } from "../model/record-value.ts";

/** The wire form of a name as Route 53 writes it (`\\052.example.com.`). */
export function parseRoute53Name(text: string): Name {
  return parseName(text, recordValueForm);
}

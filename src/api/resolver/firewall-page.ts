import type { StateReader } from "../../control/state/state-reader.ts";
import { listPage } from "./resolver-pages.ts";
import type { Listing, Page, PageRequest } from "./resolver-pages.ts";

/**
 * One page of a table, in the order of its keys.
 * @throws ServiceError ValidationException: the firewall's operations have no error for tokens
 */
export function firewallPage<T>(
  state: StateReader,
  listing: Listing<T>,
  asked: PageRequest,
): Page<T> {
  return listPage(state, { ...listing, tokenError: "ValidationException" }, asked);
}

import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { CommitContext } from "../commit/commit-entry.ts";

/** What the handlers work with; the role supplies it. */
export type ResolverContext = CommitContext & {
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: {
    /** 12 digits. */
    readonly accountId: string;
  };
};

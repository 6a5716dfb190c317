import type { ApiContext } from "../route53/api-context.ts";

/** What the handlers work with; the role supplies it. */
export type CloudMapContext = {
  /** Namespaces are hosted zones, and instances have health checks: Cloud Map works through it. */
  readonly route53: ApiContext;
  readonly settings: CloudMapSettings;
  /** What is under way on an instance: `service instance` → the id of its operation. */
  readonly underWay: Map<string, string>;
};

export type CloudMapSettings = {
  /** Seconds that negative answers of a namespace are kept where its creator says nothing. */
  readonly negativeTtl: number;
  /** Seconds from a custom health status to its effect. */
  readonly customHealthHold: number;
};

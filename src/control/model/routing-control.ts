/** A row of the table `routingControl`, by its ARN. */
export type RoutingControl = {
  arn: string;
  name: string;
  /** Name of the panel it is on. */
  panel: string;
  state: RoutingControlState;
  /** ISO 8601: when it got that state. */
  since: string;
};

/** As AWS spells it. A control is Off when it is made. */
export type RoutingControlState = "On" | "Off";

/** A row of the table `safetyRule`, by its name: what changes of states must keep to. */
export type SafetyRule = {
  name: string;
  panel: string;
  kind: "assertion" | "gating";
  /** ARNs. Assertion: what must hold after a change of any of them. Gating: what must be on. */
  controls: string[];
  /** Gating only: ARNs of controls that change only while the rule holds. */
  targets: string[];
  type: "ATLEAST" | "AND" | "OR";
  /** With ATLEAST: how many must be on. */
  threshold: number;
  inverted: boolean;
};

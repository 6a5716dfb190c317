/** A row of the table `routingControl`, by its ARN: a switch that health checks can go by. */
export type RoutingControl = {
  arn: string;
  /** Unique. */
  name: string;
  /** Name of the panel it is on. */
  panel: string;
  state: RoutingControlState;
  /** ISO 8601: when it got that state. */
  since: string;
  /** Access key that gave it that state. */
  by: string;
};

/** As AWS spells it. A control is Off when it is made. */
export type RoutingControlState = "On" | "Off";

export const panelDefault = "DefaultControlPanel";

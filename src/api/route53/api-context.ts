import type { Clock } from "../../base/clock.ts";
import type { Cidr, IpAddress } from "../../base/ip.ts";
import type { Random } from "../../base/random.ts";
import type { ChangeLog } from "../../control/log/change-log.ts";
import type { HealthReport } from "../../control/model/health-report.ts";
import type { NameServerNames } from "../../control/model/name-servers.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import type { LimitName } from "./quotas.ts";

/** What the handlers work with; the role supplies it. */
export type ApiContext = {
  state: StateReader;
  log: ChangeLog;
  clock: Clock;
  random: Random;
  settings: Route53Settings;
  /** What checkers have found, and what came of it. */
  health: HealthReport;
  /** Asks the name server code itself, in one hosted zone. */
  testAnswer(question: TestQuestion): TestAnswer | Promise<TestAnswer>;
};

export type Route53Settings = {
  /** 12 digits. */
  accountId: string;
  nameServers: NameServerNames;
  /** Networks that health checks may be sent to although they are private, local or the like. */
  healthAllow: readonly Cidr[];
  /** Limits that are enforced, and answered by the quota calls; others are only answered. */
  limits: Partial<Record<LimitName, number>>;
  /** Whether the ids of VPCs that were never created are taken. */
  acceptUnknownVpcs: boolean;
};

export type TestQuestion = {
  zoneId: string;
  /** Like `ResourceRecordSet.name`; lies in the zone. */
  name: string;
  /** A mnemonic, `A`. */
  type: string;
  /** Whom the query would come from. */
  resolver?: IpAddress;
  /** EDNS Client Subnet, host bits cleared. */
  clientSubnet?: Cidr;
};

export type TestAnswer = {
  /** Values of the answer section that are of the type asked for, CNAMEs before them. */
  recordData: string[];
  /** `NOERROR`, `NXDOMAIN`, … */
  responseCode: string;
  protocol: "UDP" | "TCP";
};

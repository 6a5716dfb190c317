import type { GroupNode } from "../../src/dataplane/policy/routing-tree.ts";
import { branch } from "./routed-zone.ts";

/** Clients of the small world, and groups that have branches for them; slots are the branches'. */

export const seoul = "1.1.2.0/24";
export const frankfurt = "1.2.2.0/24";
export const newYork = "1.3.2.0/24";
export const california = "1.4.2.0/24";
export const america = "1.5.2.0/24";
export const nowhere = "9.9.9.0/24";

export const places = {
  virginia: { latitude: 39.04, longitude: -77.49 },
  frankfurt: { latitude: 50.11, longitude: 8.68 },
  seoul: { latitude: 37.57, longitude: 126.98 },
};

export const geolocation: GroupNode = {
  kind: "geolocation",
  branches: [
    branch(1, { place: "default" as const }, 1),
    branch(2, { place: { continent: "NA" } }, 2),
    branch(3, { place: { country: "US" } }, 3),
    branch(4, { place: { country: "US", subdivision: "NY" } }, 4),
    branch(5, { place: { country: "KR" } }, 5),
  ],
};

export const latency: GroupNode = {
  kind: "latency",
  branches: [
    branch(1, { ...places.virginia, region: "us-east-1" }, 1),
    branch(2, { ...places.frankfurt, region: "eu-central-1" }, 2),
    branch(3, { ...places.seoul, region: "ap-northeast-2" }, 3),
  ],
};

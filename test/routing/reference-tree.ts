export type SetReference = { readonly owner: Uint8Array; readonly type: number };
export type WantedPlace =
  | { continent?: string; country?: string; subdivision?: string }
  | "default";
export type Cidr = { address: Uint8Array; prefixLength: number };
export type Branch<T = object> = T & { label: string; healthSlot?: number; node: RoutingNode };
export type RoutingNode =
  | { kind: "records"; ttl: number; rdatas: readonly Uint8Array[] }
  | { kind: "alias"; target: SetReference; evaluateTargetHealth: boolean }
  | GroupNode;
export type GroupNode =
  | { kind: "weighted"; branches: Branch<{ weight: number }>[] }
  | { kind: "failover"; branches: Branch[] }
  | { kind: "geolocation"; branches: Branch<{ place: WantedPlace }>[] }
  | {
      kind: "geoproximity";
      branches: Branch<{ latitude: number; longitude: number; bias: number }>[];
    }
  | { kind: "latency"; branches: Branch<{ region: string; latitude: number; longitude: number }>[] }
  | { kind: "cidr"; branches: Branch<{ blocks: readonly Cidr[] | "default" }>[] }
  | { kind: "multivalue"; limit: number; branches: Branch[] };
export type GroupKind = GroupNode["kind"];

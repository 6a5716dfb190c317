/** A row of the table `vpc`: a network whose clients see the same names. */
export type VpcRow = {
  region: string;
  /** The first of its blocks, host bits cleared. */
  cidr: string;
  /** All others; they do not overlap. */
  moreCidrs?: string[];
  /**
   * Blocks by id, at most one of each family; each lies in a block of the VPC, none overlaps
   * another. Also in `vpcBySubnet`.
   */
  subnets?: Record<string, string[]>;
  /**
   * Its clients are known by the listener they ask, never by their address: its blocks may then be
   * those of other VPCs too.
   */
  byListener?: boolean;
  /** The account it belongs to, where that is not ours. */
  owner?: string;
};

/** All blocks of a VPC. */
export function cidrsOf({ cidr, moreCidrs = [] }: VpcRow): string[] {
  return [cidr, ...moreCidrs];
}

/** A row of the table `vpcHost`: a name with addresses of its own, which beats everything else. */
export type VpcHost = {
  /** IPv4 and IPv6 as `formatIp` writes them; at least one. */
  addresses: string[];
};

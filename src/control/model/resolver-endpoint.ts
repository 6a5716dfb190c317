/** Which way queries go through an endpoint, as seen from the VPC. */
export type EndpointDirection = "INBOUND" | "OUTBOUND" | "INBOUND_DELEGATION";

/** DoT is ours: Route 53 Resolver has no such protocol. */
export type EndpointProtocol = "Do53" | "DoT" | "DoH";

/**
 * A row of the table `resolverEndpoint`: addresses that queries for a VPC arrive at (INBOUND), or
 * that forwarded queries leave from (OUTBOUND). Only addresses of this machine can do either.
 */
export type ResolverEndpoint = {
  /** `rslvr-in-` or `rslvr-out-` and 17 hexadecimal digits. */
  id: string;
  creatorRequestId: string;
  name?: string;
  direction: EndpointDirection;
  /** Where its subnets are. */
  vpcId: string;
  /** Kept and shown: filtering packets is the machine's own business. */
  securityGroupIds: string[];
  addressType: "IPV4" | "IPV6" | "DUALSTACK";
  protocols: EndpointProtocol[];
  addresses: EndpointAddress[];
  /** INBOUND: AAAA records are made of A records where there are none (RFC 6147). */
  dns64: boolean;
  /** OUTBOUND: whether queries may go to public IPv6 addresses. */
  ipv6InternetAccess: boolean;
  /** ISO 8601. */
  createdAt: string;
  modifiedAt: string;
};

export type EndpointAddress = {
  /** `rni-` and 17 hexadecimal digits. */
  id: string;
  subnetId: string;
  /** As `formatIp` writes it; at least one of the two. */
  ip?: string;
  ipv6?: string;
  createdAt: string;
};

/** All addresses of an endpoint. */
export function addressesOf({ addresses }: Pick<ResolverEndpoint, "addresses">): string[] {
  return addresses.flatMap(({ ip, ipv6 }) => [ip, ipv6].filter((text) => text !== undefined));
}

/**
 * A row of the table `resolverConfig`: what was set for a VPC; else it has what
 * `resolverConfigDefault` says.
 */
export type ResolverConfigRow = Partial<ResolverConfig>;

export type ResolverConfig = {
  /** Whether reverse names of private addresses are answered here and never sent elsewhere. */
  autodefinedReverse: boolean;
  /** Whether answers from elsewhere are checked (RFC 4035); the upstream resolver does it. */
  dnssecValidation: boolean;
};

export const resolverConfigDefault: ResolverConfig = {
  autodefinedReverse: true,
  dnssecValidation: false,
};

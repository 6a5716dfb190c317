/** A row of the table `resolverConfig`; a VPC without one has what `resolverConfigDefault` says. */
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

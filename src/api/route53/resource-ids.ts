const endpoint = "https://route53.amazonaws.com/2013-04-01";

/** The bare id of what a client gave as `Z…` or `/hostedzone/Z…`; other kinds likewise. */
export function bareId(id: string): string {
  return id.replace(/^\/?(?:hostedzone|change|delegationset)\//, "");
}

/** The id of a hosted zone as answers have it. */
export function zonePath(id: string): string {
  return `/hostedzone/${id}`;
}

/** The value of the header Location, which AWS writes with its own host. */
export function locationOf(path: string): string {
  return `${endpoint}${path}`;
}

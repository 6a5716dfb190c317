import type { PeerKind } from "../../test/differential/peers/peer.ts";
import { endpointAddress } from "../health-endpoints.ts";
import { gdnsd } from "./gdnsd.ts";

/** Addresses in one resource of its plug-in multifo: 64 at most. */
const resourceSize = 50;

/** gdnsd that checks endpoints by HTTP every 10 s (plug-ins http_status and multifo). */
export function gdnsdHealth(checks: { port: number; count: number }): PeerKind {
  return {
    ...gdnsd,
    configure: (options) => {
      const { files, arguments: words } = gdnsd.configure({ ...options, zones: [] });
      const config = `${files["config"]}${plugins(checks)}`;
      return { files: { ...files, config, "zones/.keep": "" }, arguments: words };
    },
  };
}

function plugins({ port, count }: { port: number; count: number }): string {
  const resources = Array.from({ length: Math.ceil(count / resourceSize) }, (_, resource) => {
    const first = resource * resourceSize;
    const size = Math.min(resourceSize, count - first);
    const addresses = Array.from({ length: size }, (_unused, i) => {
      return `a${i} => ${endpointAddress(first + i)}`;
    });
    return `    r${resource} => { ${addresses.join(", ")} }\n`;
  });
  const thresholds = "up_thresh => 1, ok_thresh => 1, down_thresh => 1";
  return `service_types => {
  web => {
    plugin => http_status, port => ${port}, url_path => /health, vhost => service.test
    ${thresholds}, interval => 10, timeout => 4
  }
}
plugins => {
  multifo => {
    service_types => web
${resources.join("")}  }
}
`;
}

import { protocolPorts } from "../control/model/resolver-rule.ts";
import type { CertificatePaths } from "../resolver/resolve/certificate-file.ts";
import type { InboundPorts } from "../resolver/resolve/inbound-listeners.ts";
import { SettingsError, oneOf, wholeNumber } from "./setting-values.ts";
import type { SettingRule } from "./setting-values.ts";

/** How inbound endpoints listen on their addresses. */
export type InboundSettings = {
  ports: InboundPorts;
  /** For DoT and DoH, which cannot be had without. */
  certificate: CertificatePaths | undefined;
};

export const inboundRules = {
  "inbound-port": {
    fallback: "",
    help: "where inbound endpoints listen, such as Do53=5353 (53), DoT=… (853), DoH=… (443)",
    list: true,
  },
  "resolver-certificate": {
    fallback: "",
    help: "PEM file that inbound endpoints show to clients of DoT and DoH; read again when changed",
  },
  "resolver-key": { fallback: "", help: "PEM file of the certificate's key" },
} as const satisfies Record<string, SettingRule>;

type InboundSettingName = keyof typeof inboundRules;

/** @throws SettingsError */
export function readInboundSettings({
  one,
  all,
}: {
  one: (name: InboundSettingName) => string;
  all: (name: InboundSettingName) => string[];
}): InboundSettings {
  const [certificate, key] = [one("resolver-certificate"), one("resolver-key")];
  if ((certificate === "") !== (key === "")) {
    const missing = key === "" ? "resolver-key" : "resolver-certificate";
    throw new SettingsError(`Cannot use setting ${missing}: it is missing beside the other file`);
  }
  return {
    ports: ports(all("inbound-port")),
    certificate: certificate === "" ? undefined : { certificate, key },
  };
}

function ports(texts: readonly string[]): InboundPorts {
  const given = texts.map((text) => {
    const [name = "", number = ""] = text.split("=");
    const protocol = oneOf("inbound-port", name, ["Do53", "DoT", "DoH"]);
    return [protocol, wholeNumber("inbound-port", number, { min: 1, max: 65_535 })] as const;
  });
  const all: InboundPorts = { ...protocolPorts, ...Object.fromEntries(given) };
  if (all.Do53 === all.DoT || all.Do53 === all.DoH || all.DoT === all.DoH) {
    throw new SettingsError("Cannot use setting inbound-port: two protocols on one port");
  }
  return all;
}

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Certificate = { cert: string; key: string };

export type CertificateOptions = {
  /** The first is the common name too. */
  names: readonly string[];
  /** When it begins and ends, as `YYYYMMDDHHMMSSZ`; default: an hour ago, in ten days. */
  from?: string;
  to?: string;
  /** As openssl's `-newkey` takes it. */
  key?: readonly string[];
};

/** The program that makes certificates, for `testWith`. */
export const opensslPath = "/usr/bin/openssl";

/** A certificate that is made when it is first needed. */
export function certificate(options: CertificateOptions): () => Certificate {
  let made: Certificate | undefined;
  return () => (made ??= makeCertificate(options));
}

/** A self-signed certificate, made with openssl. */
export function makeCertificate(options: CertificateOptions): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "signpost-certificate-"));
  const at = (name: string): string => join(folder, name);
  try {
    writeFileSync(at("config"), configFor(folder, options.names));
    writeFileSync(at("index"), "");
    writeFileSync(at("serial"), "01\n");
    const key = options.key ?? ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    const subject = `/CN=${options.names[0]}`;
    const files = ["-keyout", at("key"), "-out", at("request")];
    openssl("req", "-new", "-nodes", "-newkey", ...key, ...files, "-subj", subject);
    const signing = ["-batch", "-selfsign", "-notext", "-config", at("config"), "-md", "sha256"];
    const signed = ["-keyfile", at("key"), "-in", at("request"), "-out", at("cert")];
    const from = options.from ?? opensslTime(-3_600_000);
    const to = options.to ?? opensslTime(10 * 24 * 3_600_000);
    openssl("ca", ...signing, ...signed, "-startdate", from, "-enddate", to);
    return { cert: readFileSync(at("cert"), "utf8"), key: readFileSync(at("key"), "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openssl(...args: string[]): void {
  execFileSync(opensslPath, args, { stdio: "pipe" });
}

/** A time as openssl's options take it, so much after now. */
export function opensslTime(offsetMs: number): string {
  return `${new Date(Date.now() + offsetMs).toISOString().replace(/\D/g, "").slice(0, 14)}Z`;
}

function configFor(folder: string, names: readonly string[]): string {
  const alternatives = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`));
  return `
[ca]
default_ca = self
[self]
new_certs_dir = ${folder}
database = ${folder}/index
serial = ${folder}/serial
policy = any
x509_extensions = extensions
[any]
commonName = supplied
[extensions]
subjectAltName = ${alternatives.join(",")}
basicConstraints = critical,CA:TRUE
`;
}

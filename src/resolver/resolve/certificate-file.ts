import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { Server as TlsServer } from "node:tls";
import type { Logger } from "../../telemetry/logger.ts";

/** Names of PEM files: a certificate with those that vouch for it, and its key. */
export type CertificatePaths = { certificate: string; key: string };

type Context = { cert: Buffer; key: Buffer };

/** The certificate; none where it cannot be read, which the log tells. */
export function readCertificate(
  paths: CertificatePaths,
  logger: Logger,
): CertificateFile | undefined {
  try {
    return new CertificateFile(paths, logger);
  } catch (error) {
    logger.error({ error: String(error), ...paths }, "certificate cannot be read");
    return undefined;
  }
}

/** How often the files are looked at; who renews a certificate need not start anything again. */
const lookIntervalMs = 60_000;

/** The certificate that inbound endpoints show, read again when its files change. */
export class CertificateFile {
  readonly #paths: CertificatePaths;
  readonly #logger: Logger;
  readonly #servers = new Set<TlsServer>();
  readonly #timer: NodeJS.Timeout;
  #context: Context;
  #stamp: string;

  /** @throws Error where the files cannot be read, or are no certificate with its key */
  constructor(paths: CertificatePaths, logger: Logger) {
    this.#paths = paths;
    this.#logger = logger;
    this.#stamp = this.#readStamp();
    this.#context = this.#read();
    this.#timer = setInterval(() => this.refresh(), lookIntervalMs);
    this.#timer.unref();
  }

  /** For servers that are being made. */
  get context(): Context {
    return this.#context;
  }

  /** Has a server show what the files hold from when it listens until it closes. */
  attach(server: TlsServer): void {
    server.once("listening", () => this.#servers.add(server));
    server.once("close", () => this.#servers.delete(server));
  }

  /** Reads files that are others than before; what cannot be read leaves all as it is. */
  refresh(): void {
    try {
      const stamp = this.#readStamp();
      if (stamp === this.#stamp) return;
      this.#context = this.#read();
      this.#stamp = stamp;
    } catch (error) {
      this.#logger.error({ error: String(error), ...this.#paths }, "certificate cannot be read");
      return;
    }
    for (const server of this.#servers) server.setSecureContext(this.#context);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #readStamp(): string {
    const { certificate, key } = this.#paths;
    return [certificate, key].map((path) => statSync(path, { bigint: true }).mtimeNs).join();
  }

  #read(): Context {
    const { certificate, key } = this.#paths;
    const context = { cert: readFileSync(certificate), key: readFileSync(key) };
    createSecureContext(context); // throws where they do not belong together
    return context;
  }
}

import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ServiceError } from "./service-error.ts";

const unpack = promisify(gunzip);

/**
 * The body of a request without the compression that its header `Content-Encoding` names.
 * @param sizeMax octets that it may unpack to
 * @throws ServiceError UnsupportedMediaType, MalformedInput, RequestEntityTooLarge
 */
export async function unpackBody(
  body: Uint8Array,
  { encoding, sizeMax }: { encoding: string; sizeMax: number },
): Promise<Uint8Array> {
  if (encoding === "identity") return body;
  if (encoding !== "gzip") {
    const message = `Unsupported content encoding: ${encoding.slice(0, 64)}`;
    throw new ServiceError("UnsupportedMediaType", message);
  }
  try {
    return await unpack(body, { maxOutputLength: sizeMax });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      const message = `Request size exceeds the limit of ${sizeMax} bytes.`;
      throw new ServiceError("RequestEntityTooLarge", message);
    }
    throw new ServiceError("MalformedInput", "The body is not gzip.");
  }
}

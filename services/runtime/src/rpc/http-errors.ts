import { Code, ConnectError } from "@connectrpc/connect";
import { encodeEnvelope, readAllBytes, type UniversalServerResponse } from "@connectrpc/connect/protocol";
import { codeToHttpStatus, contentTypeUnaryJson, endStreamFlag, endStreamFromJson, endStreamToJson, errorFromJsonBytes, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { setTrailerStatus, trailerFlag, trailerParse, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import { ErrorReason, errorInfoOf, internalError, reasonError, withErrorInfo } from "../errors/index.ts";

/** Largest error body that is looked at; Connect's own errors are far smaller. */
const maxErrorBytes = 1024 * 1024;

/**
 * Gives the errors that Connect makes by itself, before a handler is asked (unreadable message, message too large), the
 * reason that every error of ours has. All other answers pass as they are.
 */
export async function completeResponse(response: UniversalServerResponse, maxMessageBytes: number): Promise<UniversalServerResponse> {
  const contentType = response.header?.get("content-type") ?? "";
  if (response.body === undefined) return response;
  if (contentType.startsWith("application/connect+") || contentType.startsWith("application/grpc-web")) {
    return { ...response, body: completeLastEnvelope(response.body, maxMessageBytes) };
  }
  if (response.status === 200 || contentType !== contentTypeUnaryJson) return response;
  const body = await readAllBytes(response.body, maxErrorBytes);
  const error = errorFromJsonBytes(body, undefined, internalError());
  if (errorInfoOf(error) !== undefined) return { ...response, body: chunk(body) };
  return errorResponse(protocolError(error, maxMessageBytes), response.header);
}

/** An error as the unary Connect protocol answers it. */
export function errorResponse(error: ConnectError, base?: Headers): UniversalServerResponse {
  const bytes = errorToJsonBytes(error, undefined);
  const header = new Headers(base);
  header.set("content-type", contentTypeUnaryJson);
  header.set("content-length", String(bytes.byteLength));
  return { status: codeToHttpStatus(error.code), header, body: chunk(bytes) };
}

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Each chunk of a streaming answer is one envelope: a byte of flags, four of length, and the data. */
async function* completeLastEnvelope(body: AsyncIterable<Uint8Array>, maxMessageBytes: number): AsyncGenerator<Uint8Array> {
  for await (const envelope of body) {
    const [flags] = envelope;
    if (flags === endStreamFlag) yield completeEndStream(envelope, maxMessageBytes);
    else if (flags === trailerFlag) yield completeTrailer(envelope, maxMessageBytes);
    else yield envelope;
  }
}

const envelopeHeadBytes = 5;

function completeEndStream(envelope: Uint8Array, maxMessageBytes: number): Uint8Array {
  const { metadata, error } = endStreamFromJson(envelope.subarray(envelopeHeadBytes));
  if (error === undefined || errorInfoOf(error) !== undefined) return envelope;
  const json = endStreamToJson(metadata, protocolError(error, maxMessageBytes), undefined);
  return encodeEnvelope(endStreamFlag, new TextEncoder().encode(JSON.stringify(json)));
}

function completeTrailer(envelope: Uint8Array, maxMessageBytes: number): Uint8Array {
  const trailer = trailerParse(envelope.subarray(envelopeHeadBytes));
  const error = findTrailerError(trailer);
  if (error === undefined || errorInfoOf(error) !== undefined) return envelope;
  setTrailerStatus(trailer, protocolError(error, maxMessageBytes));
  return encodeEnvelope(trailerFlag, trailerSerialize(trailer));
}

/** What an error of the protocol layer means in our words. */
function protocolError(error: ConnectError, maxMessageBytes: number): ConnectError {
  switch (error.code) {
    case Code.InvalidArgument:
      return reasonError(ErrorReason.MALFORMED_REQUEST, error.rawMessage);
    case Code.ResourceExhausted:
      return tooLarge(maxMessageBytes);
    case Code.Internal:
    case Code.Unknown:
      if (error.rawMessage.startsWith("parse binary")) return reasonError(ErrorReason.MALFORMED_REQUEST, "The request is not a readable message.");
      if (error.rawMessage.startsWith("received compressed")) return reasonError(ErrorReason.MALFORMED_REQUEST, "The request says that it is compressed, but not how.");
      return internalError();
    default:
      return withErrorInfo(new ConnectError(error.rawMessage, error.code));
  }
}

/** The answer to a request that is over the limit. */
export function tooLarge(maxMessageBytes: number): ConnectError {
  return reasonError(ErrorReason.REQUEST_TOO_LARGE, `The request is larger than ${maxMessageBytes} bytes.`, {
    metadata: { max_bytes: String(maxMessageBytes) },
  });
}

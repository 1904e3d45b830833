export { createTranscoder } from "./transcoder.ts";
export type {
  BindingMatch,
  CallContext,
  RenderedError,
  RequestHeaders,
  TranscodeCall,
  TranscodedResponse,
  Transcoder,
  TranscodeRequest,
  TranscoderOptions,
  UnaryResult,
} from "./transcoder.ts";
export { readHttpBindings } from "./http-rule.ts";
export type { BodyMapping, HttpBinding, PathVariable } from "./http-rule.ts";
export type { PathTemplate, TemplateSegment, TemplateVariable } from "./path-template.ts";
export type { ServerSentEvent } from "./server-sent-events.ts";
export { TranscodeError } from "./transcode-error.ts";
export type { TranscodeErrorKind, TranscodeViolation, ViolationReason } from "./transcode-error.ts";
export { renderFrameworkErrors, transcoderPlugin } from "./fastify-plugin.ts";
export type { TranscoderPluginOptions } from "./fastify-plugin.ts";

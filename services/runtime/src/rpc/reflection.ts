import { clone, create, createFileRegistry, toBinary, type DescFile, type DescService, type MessageInitShape } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import {
  file_grpc_reflection_v1_reflection as reflectionFile,
  ServerReflection,
  ServerReflectionResponseSchema,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "@flashdeal/proto/grpc/reflection/v1/reflection_pb";
import { file_google_rpc_error_details as errorDetailsFile } from "@flashdeal/proto/google/rpc/error_details_pb";
import { serviceRoutes, type ServiceRoutes } from "./service-routes.ts";

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

/**
 * Server reflection, v1 and v1alpha (which older tools ask for first), over the descriptors of the services and all that
 * they import, with the extensions declared there, and of the details that errors carry.
 */
export function createReflectionRoutes(services: readonly DescService[]): ServiceRoutes[] {
  const alpha = alphaService();
  const served = [...services, ServerReflection, alpha];
  const index = createIndex(served);
  async function* serverReflectionInfo(requests: AsyncIterable<ServerReflectionRequest>): AsyncGenerator<ServerReflectionResponse> {
    for await (const request of requests) {
      yield create(ServerReflectionResponseSchema, {
        validHost: request.host,
        originalRequest: request,
        messageResponse: answer(index, request),
      });
    }
  }
  // v1alpha has the same messages under other names: its handler reads and answers plain objects of the same shape.
  async function* alphaInfo(requests: AsyncIterable<ServerReflectionRequest>): AsyncGenerator<object> {
    for await (const request of requests) {
      const { host, messageRequest } = request;
      yield { validHost: host, originalRequest: { host, messageRequest: withoutTypeName(messageRequest) }, messageResponse: answer(index, request) };
    }
  }
  const alphaImplementation: Record<string, unknown> = { serverReflectionInfo: alphaInfo };
  return [serviceRoutes(ServerReflection, { serverReflectionInfo }), { service: alpha, implementation: alphaImplementation as ServiceRoutes["implementation"] }];
}

interface Index {
  readonly serviceNames: readonly string[];
  readonly files: ReadonlyMap<string, DescFile>;
  readonly symbols: ReadonlyMap<string, DescFile>;
  /** By extended message, then by field number. */
  readonly extensions: ReadonlyMap<string, ReadonlyMap<number, DescFile>>;
}

function createIndex(services: readonly DescService[]): Index {
  const files = new Map<string, DescFile>();
  const symbols = new Map<string, DescFile>();
  const extensions = new Map<string, Map<number, DescFile>>();
  for (const file of [...services.map((service) => service.file), errorDetailsFile]) collectFiles(file, files);
  for (const file of files.values()) {
    for (const type of nestedTypes(file)) {
      symbols.set(type.typeName, file);
      if (type.kind === "service") for (const method of type.methods) symbols.set(`${type.typeName}.${method.name}`, file);
      if (type.kind === "message") for (const member of [...type.fields, ...type.oneofs]) symbols.set(`${type.typeName}.${member.name}`, file);
      if (type.kind === "enum") for (const value of type.values) symbols.set(scopedValueName(type.typeName, value.name), file);
      if (type.kind !== "extension") continue;
      const numbers = extensions.get(type.extendee.typeName) ?? new Map<number, DescFile>();
      extensions.set(type.extendee.typeName, numbers.set(type.number, file));
    }
  }
  return { serviceNames: services.map((service) => service.typeName), files, symbols, extensions };
}

/** Enum values are siblings of their enum in protobuf's scoping. */
function scopedValueName(enumName: string, valueName: string): string {
  return `${enumName.slice(0, enumName.lastIndexOf(".") + 1)}${valueName}`;
}

function fileName(file: DescFile): string {
  return file.proto.name;
}

function collectFiles(file: DescFile, files: Map<string, DescFile>): void {
  if (files.has(fileName(file))) return;
  files.set(fileName(file), file);
  for (const dependency of file.dependencies) collectFiles(dependency, files);
}

function answer(index: Index, { messageRequest }: ServerReflectionRequest): Answer {
  switch (messageRequest.case) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: index.serviceNames.map((name) => ({ name })) } };
    case "fileByFilename":
      return fileAnswer(index.files.get(messageRequest.value), `file ${messageRequest.value}`);
    case "fileContainingSymbol":
      return fileAnswer(index.symbols.get(messageRequest.value), `symbol ${messageRequest.value}`);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = messageRequest.value;
      return fileAnswer(index.extensions.get(containingType)?.get(extensionNumber), `extension ${extensionNumber} of ${containingType}`);
    }
    case "allExtensionNumbersOfType":
      return extensionNumbersAnswer(index, messageRequest.value);
    case undefined:
      return errorAnswer(Code.InvalidArgument, "The request names nothing to look up.");
  }
}

function extensionNumbersAnswer(index: Index, baseTypeName: string): Answer {
  const numbers = index.extensions.get(baseTypeName);
  if (numbers === undefined && !index.symbols.has(baseTypeName)) return errorAnswer(Code.NotFound, `This server has no type ${baseTypeName}.`);
  return { case: "allExtensionNumbersResponse", value: { baseTypeName, extensionNumber: [...(numbers?.keys() ?? [])] } };
}

/** The file, and all that it imports, as clients want to link it at once. */
function fileAnswer(file: DescFile | undefined, what: string): Answer {
  if (file === undefined) return errorAnswer(Code.NotFound, `This server has no ${what}.`);
  const files = new Map<string, DescFile>();
  collectFiles(file, files);
  const fileDescriptorProto = [...files.values()].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function errorAnswer(code: Code, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode: code, errorMessage } };
}

/** The v1alpha service, made from v1's descriptor: the two differ only in their package. */
function alphaService(): DescService {
  const proto = clone(FileDescriptorProtoSchema, reflectionFile.proto);
  proto.name = "grpc/reflection/v1alpha/reflection.proto";
  proto.package = "grpc.reflection.v1alpha";
  renameTypes(proto);
  const service = createFileRegistry(proto, () => undefined).getService("grpc.reflection.v1alpha.ServerReflection");
  if (service === undefined) throw new Error("grpc.reflection.v1 has lost its service");
  return service;
}

function alphaName(name: string): string {
  return name.replace(/^\.grpc\.reflection\.v1\./, ".grpc.reflection.v1alpha.");
}

function renameTypes(proto: FileDescriptorProto): void {
  for (const field of proto.messageType.flatMap((message) => message.field)) field.typeName = alphaName(field.typeName);
  for (const method of proto.service.flatMap((service) => service.method)) {
    method.inputType = alphaName(method.inputType);
    method.outputType = alphaName(method.outputType);
  }
}

/** The oneof without `$typeName` on a message inside, so that it can become one of another type with the same fields. */
function withoutTypeName(member: ServerReflectionRequest["messageRequest"]): object {
  if (member.case !== "fileContainingExtension") return member;
  const { containingType, extensionNumber } = member.value;
  return { case: member.case, value: { containingType, extensionNumber } };
}

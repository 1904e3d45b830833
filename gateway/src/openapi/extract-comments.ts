import type { DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet } from "@bufbuild/protobuf/wkt";

/**
 * Reads the comments of a contract out of descriptors that were built with source info, by full proto name: messages, fields,
 * oneofs, enums, services and methods as protobuf names them, and enum values as `package.Enum.VALUE`. An element
 * without a comment before it takes the one behind it; elements without any are absent.
 */
export function extractComments(set: FileDescriptorSet): ReadonlyMap<string, string> {
  const comments = new Map<string, string>();
  for (const file of set.file) {
    const names = namesByPath(file);
    for (const location of file.sourceCodeInfo?.location ?? []) {
      const name = names.get(location.path.join("."));
      const text = tidy(location.leadingComments) || tidy(location.trailingComments);
      if (name !== undefined && text !== "") {
        comments.set(name, text);
      }
    }
  }
  return comments;
}

/** Drops the space after `//`, the indentation's rest and linter directives. */
function tidy(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^ /, "").trimEnd())
    .filter((line) => !/^(?:buf:lint|protolint|\(--)/.test(line))
    .join("\n")
    .trim();
}

/** Field numbers of descriptor.proto, which source info's paths are made of. */
const fileMessages = 4;
const fileEnums = 5;
const fileServices = 6;
const messageFields = 2;
const messageNested = 3;
const messageEnums = 4;
const messageOneofs = 8;
const enumValues = 2;
const serviceMethods = 2;

type Names = Map<string, string>;

function namesByPath(file: FileDescriptorProto): Names {
  const names: Names = new Map();
  const scope = file.package === "" ? "" : `${file.package}.`;
  for (const [index, message] of file.messageType.entries()) {
    nameMessage(names, message, `${fileMessages}.${index}`, scope);
  }
  for (const [index, desc] of file.enumType.entries()) {
    nameEnum(names, desc, `${fileEnums}.${index}`, scope);
  }
  for (const [index, service] of file.service.entries()) {
    names.set(`${fileServices}.${index}`, `${scope}${service.name}`);
    for (const [at, method] of service.method.entries()) {
      names.set(`${fileServices}.${index}.${serviceMethods}.${at}`, `${scope}${service.name}.${method.name}`);
    }
  }
  return names;
}

function nameMessage(names: Names, message: DescriptorProto, path: string, scope: string): void {
  const name = `${scope}${message.name}`;
  names.set(path, name);
  for (const [index, field] of message.field.entries()) {
    names.set(`${path}.${messageFields}.${index}`, `${name}.${field.name}`);
  }
  for (const [index, oneof] of message.oneofDecl.entries()) {
    names.set(`${path}.${messageOneofs}.${index}`, `${name}.${oneof.name}`);
  }
  for (const [index, nested] of message.nestedType.entries()) {
    nameMessage(names, nested, `${path}.${messageNested}.${index}`, `${name}.`);
  }
  for (const [index, nested] of message.enumType.entries()) {
    nameEnum(names, nested, `${path}.${messageEnums}.${index}`, `${name}.`);
  }
}

function nameEnum(names: Names, desc: EnumDescriptorProto, path: string, scope: string): void {
  const name = `${scope}${desc.name}`;
  names.set(path, name);
  for (const [index, value] of desc.value.entries()) {
    names.set(`${path}.${enumValues}.${index}`, `${name}.${value.name}`);
  }
}

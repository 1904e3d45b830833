import assert from "node:assert/strict";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus } from "@flashdeal/proto/grpc/health/v1/health_pb";
import { ServerReflection } from "@flashdeal/proto/grpc/reflection/v1/reflection_pb";
import { createGrpcTransport } from "@flashdeal/runtime/rpc";
import { processOf } from "../caller/contract.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { present } from "../world/expect.ts";

/** What every server offers besides its own methods. */
export const serverCases: readonly ConformanceCase[] = [
  {
    name: "servers - every service says that it serves",
    protocols: ["grpc"],
    async run({ platform }) {
      for (const [service, process] of processOf) {
        const transport = createGrpcTransport({ address: present(platform.grpcAddresses)[process] });
        try {
          const client = createClient(Health, transport);
          for (const name of ["", service.typeName]) {
            assert.equal((await client.check({ service: name })).status, HealthCheckResponse_ServingStatus.SERVING, `${process} "${name}"`);
          }
        } finally {
          transport.close();
        }
      }
    },
  },
  {
    name: "servers - every service describes itself to whoever has no proto files",
    protocols: ["grpc"],
    async run({ platform }) {
      for (const [service, process] of processOf) {
        const transport = createGrpcTransport({ address: present(platform.grpcAddresses)[process] });
        try {
          const client = createClient(ServerReflection, transport);
          const questions = (async function* () {
            yield { messageRequest: { case: "listServices" as const, value: "" } };
            yield { messageRequest: { case: "fileContainingSymbol" as const, value: service.typeName } };
          })();
          const answers = [];
          for await (const { messageResponse } of client.serverReflectionInfo(questions)) answers.push(messageResponse);
          const [list, files] = answers;
          assert.ok(list?.case === "listServicesResponse" && list.value.service.some(({ name }) => name === service.typeName), `${process} lists it`);
          assert.ok(files?.case === "fileDescriptorResponse", `${process} describes it`);
          const names = files.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
          assert.ok(names.includes(`${service.file.name}.proto`), names.join(", "));
        } finally {
          transport.close();
        }
      }
    },
  },
  {
    name: "servers - the gateway is ready and describes its routes",
    protocols: ["rest"],
    async run({ rawRest }) {
      for (const path of ["/healthz", "/readyz", "/docs"]) assert.equal((await rawRest(path)).status, 200, path);
      const document = (await (await rawRest("/openapi.json")).json()) as { openapi: string; paths: Record<string, Record<string, unknown>> };
      assert.match(document.openapi, /^3\.1/);
      assert.ok(document.paths["/v1/orders"]?.["post"] !== undefined);
    },
  },
  {
    name: "servers - the gateway's key set is an RFC 7517 document",
    protocols: ["rest"],
    async run({ rawRest }) {
      const { keys } = (await (await rawRest("/.well-known/jwks.json")).json()) as { keys: Record<string, string>[] };
      for (const key of keys) assert.deepEqual(Object.keys(key).toSorted(), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    },
  },
];

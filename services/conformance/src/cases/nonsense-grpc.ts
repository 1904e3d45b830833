import assert from "node:assert/strict";
import { ScalarType, toBinary, type DescMethod } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { Access } from "@flashdeal/proto/flashdeal/options/v1/options_pb";
import { contractMethods, processOf } from "../caller/contract.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { failureOffence, faultOffence, ok, present, refused } from "../world/expect.ts";
import type { World } from "../world/world.ts";
import { accessOf, titleOf, tokenFor } from "./methods.ts";
import { footprint, newScene, samplesOf } from "./samples.ts";

const { getJwks, logIn } = AuthService.method;
const invalidUtf8 = Uint8Array.from([0x61, 0xff, 0xfe, 0x62]);
/** More than the largest message that a server may be configured to take. */
const hugeMessageBytes = 65 * 1024 * 1024;

/** Bytes that no client of the contract would send. */
export const nonsenseGrpcCases: readonly ConformanceCase[] = [
  {
    name: "nonsense over gRPC - messages that cannot be read are refused by every method",
    protocols: ["grpc"],
    timeoutMs: 60_000,
    async run(world) {
      const scene = await newScene(world);
      const before = await footprint(world, scene);
      const offences: string[] = [];
      for (const method of callableMethods(world)) {
        const token = await tokenFor(world, scene, method);
        const whole = toBinary(method.input, present(samplesOf(scene).get(method)) as never);
        const attempts: [string, Uint8Array][] = [
          ["a tag without a value", Uint8Array.from([0x0a])],
          ["a length beyond the end", Uint8Array.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
          ["an endless varint", new Uint8Array(64).fill(0xff)],
          ["field number 0", Uint8Array.from([0x00, 0x01])],
          ["wire type 7", Uint8Array.from([0x0f, 0x01])],
          ...(whole.length > 1 ? ([["a cut message", whole.slice(0, -1)]] as [string, Uint8Array][]) : []),
        ];
        for (const [label, bytes] of attempts) {
          const outcome = await send(world, method, bytes, token);
          // A lenient decoder may still find a value in it, and then the value is wrong.
          const reason = !outcome.ok && outcome.reason === "INVALID_INPUT" ? "INVALID_INPUT" : "MALFORMED_REQUEST";
          const offence = outcome.ok ? "the call succeeded" : failureOffence(outcome, reason);
          if (offence !== undefined) offences.push(`${titleOf(method)}, ${label}: ${offence}`);
        }
      }
      assert.deepEqual(offences, []);
      assert.deepEqual(await footprint(world, scene), before);
    },
  },
  {
    name: "nonsense over gRPC - text that is not UTF-8 is refused and never stored",
    protocols: ["grpc"],
    async run(world) {
      const scene = await newScene(world);
      const before = await footprint(world, scene);
      const offences: string[] = [];
      for (const method of callableMethods(world)) {
        const field = method.input.fields.find(({ fieldKind, scalar }) => fieldKind === "scalar" && scalar === ScalarType.STRING);
        if (field === undefined) continue;
        const token = await tokenFor(world, scene, method);
        const whole = toBinary(method.input, present(samplesOf(scene).get(method)) as never);
        const spoiled = new BinaryWriter().tag(field.number, WireType.LengthDelimited).bytes(invalidUtf8).finish();
        const outcome = await send(world, method, Buffer.concat([whole, spoiled]), token);
        if (!outcome.ok && outcome.reason === "NOT_IMPLEMENTED") continue;
        if (outcome.ok) offences.push(`${titleOf(method)}.${field.name}: the call succeeded`);
        else if (outcome.code !== "INVALID_ARGUMENT") offences.push(`${titleOf(method)}.${field.name}: ${faultOffence(outcome) ?? outcome.code}`);
      }
      assert.deepEqual(offences, []);
      assert.deepEqual(await footprint(world, scene), before);
    },
  },
  {
    name: "nonsense over gRPC - unknown methods and services get UNIMPLEMENTED",
    protocols: ["grpc"],
    async run(world) {
      const { auth } = present(world.platform.grpcAddresses);
      for (const path of ["/flashdeal.auth.v1.AuthService/Nonsense", "/flashdeal.auth.v1.Nonsense/LogIn", "/", "/a/b/c"]) {
        const outcome = await world.rawGrpc(auth, path, new Uint8Array());
        assert.ok(!outcome.ok && outcome.code === "UNIMPLEMENTED", path);
      }
    },
  },
  {
    name: "nonsense over gRPC - a huge message is refused",
    protocols: ["grpc"],
    async run(world) {
      const { auth } = present(world.platform.grpcAddresses);
      const path = `/${AuthService.typeName}/${logIn.name}`;
      await refused(world.rawGrpc(auth, path, new Uint8Array(hugeMessageBytes)), "REQUEST_TOO_LARGE");
      await ok(world.caller.unary(getJwks, {}));
    },
  },
  {
    name: "nonsense over gRPC - unknown fields are passed over",
    protocols: ["grpc"],
    async run(world) {
      const { auth } = present(world.platform.grpcAddresses);
      const bytes = new BinaryWriter().tag(4_000, WireType.LengthDelimited).string("from the future").finish();
      await ok(world.rawGrpc(auth, `/${AuthService.typeName}/${getJwks.name}`, bytes));
    },
  },
];

/** Unary methods that this suite can call: those of services need the internal secret. */
function callableMethods({ platform }: World): readonly DescMethod[] {
  return contractMethods.filter(
    (method) => method.methodKind === "unary" && (accessOf(method) !== Access.SERVICE || platform.internalTokenSecret !== undefined),
  );
}

function send(world: World, method: DescMethod, bytes: Uint8Array, token: string | undefined) {
  const address = present(world.platform.grpcAddresses)[present(processOf.get(method.parent))];
  return world.rawGrpc(address, `/${method.parent.typeName}/${method.name}`, bytes, token === undefined ? {} : { authorization: `Bearer ${token}` });
}

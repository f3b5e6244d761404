import { errorCodes } from "#lib/contract/errors.ts";
import type { Contract } from "#lib/contract/types.ts";
import { declaredStreams } from "../streams/declared-streams.ts";
import { documentSchema, type Json } from "./json-schema.ts";
import { actionOperation, streamOperation } from "./operations.ts";
import { problemExamples, problemSchema } from "./problems.ts";

const SERVER = "/api/v1";

/** The OpenAPI 3.1 document of the whole API, made from nothing but the contracts. */
export function openApi(contracts: readonly Contract[], version: string): Json {
  const operations = [
    ...contracts.flatMap((contract) =>
      Object.entries(contract.actions).flatMap(([name, spec]) => actionOperation(contract.name, name, spec) ?? []),
    ),
    ...declaredStreams(contracts).map(streamOperation),
  ];
  const paths: Record<string, Json> = {};
  for (const { path, method, operation } of operations) {
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Tradepost",
      version,
      description: "The REST contract of the shop. Amounts are decimals in major units, times ISO 8601 UTC.",
    },
    servers: [{ url: SERVER }],
    tags: contracts.filter(hasRoutes).map(({ name, summary }) => ({ name, description: summary })),
    paths,
    components: {
      schemas: { Problem: documentSchema(problemSchema()) },
      examples: problemExamples(errorCodes()),
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      responses: {
        Problem: {
          description: "Any other problem",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  };
}

function hasRoutes(contract: Contract): boolean {
  return Object.values(contract.actions).some(({ rest }) => rest !== undefined);
}

// npm run chaos:selftest [-- --only <bug>,<bug>] [--seed 42]
// Runs the shop with each of its mutants and shows that every one is detected, and that the shop without a mutant passes.
// A test harness that cannot fail proves nothing.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Journal } from "#tools/verify/journal.ts";
import { verify } from "#tools/verify/verify.ts";
import { staffActions } from "./back-office.ts";
import { bystanders } from "./bystanders.ts";
import { Cluster, NAMESPACE } from "./cluster.ts";
import { Load } from "./load.ts";
import { moneyActions } from "./money-actions.ts";
import { type Mutant, OTHERS_SERVED } from "./mutant.ts";
import { mutants } from "./mutants.ts";
import type { Life } from "./node-process.ts";
import { untilIdle } from "./quiet.ts";
import { Random } from "./random.ts";
import { Redelivery } from "./redelivery.ts";
import { RunningAttack } from "./socket-attack.ts";

const MUTANT_LOADER = resolve(import.meta.dirname, "load-mutant.ts");
const SHOPPERS = 8;
const SHOPPING_MS = 4_000; // before the broker is killed, and after it
const MONEY_TRIES = 5;
const AWAY_MS = 500;
const PIECES = 20;
const BUYERS = 80;
const RUSHES = 6; // for one code each
const DEALS = 3;
const QUIET_MS = 20_000; // a shop with a bug may never finish its work
const GRACE_SECONDS = 4;
const ATTACK = { readers: 150, writers: 150, idle: 0, addresses: 10 };
const ATTACKED_MS = 3_000;
const ATTACKED_NODE = "shop-1";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Load with redelivery, a broker that is killed, rushes for the last pieces, for codes and for deals, and the fail point of the mutant. */
async function stressScenario(cluster: Cluster, load: Load, random: Random): Promise<void> {
  const redelivery = await Redelivery.start(cluster.nats.url, random);
  load.start();
  const money = moveMoney(cluster, load, random);
  const office = staffActions(load, random);
  await sleep(SHOPPING_MS);
  const goods = await load.newGoods(PIECES);
  await Promise.all(Array.from({ length: BUYERS }, (_, i) => load.shoppers[i % SHOPPERS]?.order(goods)));
  for (let rushes = 0; rushes < RUSHES; rushes++) await load.rushForCode();
  for (let rushes = 0; rushes < DEALS; rushes++) await load.rushForDeal(random);
  await redelivery.stop();
  await cluster.nats.kill();
  await sleep(AWAY_MS);
  await cluster.nats.start();
  await sleep(SHOPPING_MS);
  await load.stop();
  await Promise.all([money, office]);
  await Promise.all(cluster.nodes.map((node) => node.ready()));
}

/** Until it has gone all the way once: the broker may be killed in the middle. */
async function moveMoney(cluster: Cluster, load: Load, random: Random): Promise<void> {
  for (let tries = 0; tries < MONEY_TRIES; tries++) if (await moneyActions(cluster, load, random)) return;
}

/**
 * Whether a gateway serves everybody else while many clients neither read nor send. It is restarted before, because its
 * concurrency limit may have grown under the load to more than the clients can hold before they take too much memory.
 */
async function servesOthers(cluster: Cluster, usual: Life): Promise<boolean> {
  const node = cluster.node(ATTACKED_NODE);
  await node.restart("SIGTERM", usual);
  await node.ready();
  const gateway = cluster.balancer.gateway(ATTACKED_NODE);
  const attack = await RunningAttack.start(`http://127.0.0.1:${gateway.port}`, ATTACK);
  const probes = await bystanders(gateway, ATTACKED_MS);
  await attack.stop();
  return probes.every(({ status }) => status >= 200 && status < 300);
}

/** @returns the invariants of `npm run verify` that are violated after the scenario, and `OTHERS_SERVED` if it is */
async function violatedInvariants(mutant: Mutant | undefined, seed: string): Promise<Set<string>> {
  const dir = await mkdtemp(join(tmpdir(), "tradepost-selftest-"));
  const journal = new Journal(join(dir, "journal.jsonl"));
  const usual: Life = mutant ? { preload: [MUTANT_LOADER], env: { MUTANT: mutant.name } } : {};
  const cluster = await Cluster.start(dir, { usual });
  try {
    const load = new Load(cluster, journal, seed);
    await load.prepare(SHOPPERS);
    if (mutant?.failPoint) {
      const service = mutant.failPoint.slice(0, mutant.failPoint.indexOf("."));
      const trigger: Life = { ...usual, env: { ...usual.env, FAILPOINT: mutant.failPoint } };
      await Promise.all(cluster.nodesOf(service).map((node) => node.restart("SIGTERM", trigger)));
    }
    await stressScenario(cluster, load, new Random(seed));
    await untilIdle(cluster, QUIET_MS).catch((error: unknown) => {
      if (!mutant) say(`        the shop has not finished its work: ${String(error)}`);
    });
    const findings = await verify({
      server: cluster.postgres.url,
      namespace: NAMESPACE,
      images: cluster.images,
      graceSeconds: GRACE_SECONDS,
      journal: journal.file,
    });
    const violations = findings.filter(({ outcome }) => outcome === "violated");
    const violated = violations.map(({ invariant }) => invariant);
    // Nobody expects these, so they have to say what is wrong.
    if (!mutant)
      for (const { invariant, examples } of violations)
        for (const { id, wrong } of examples) say(`        ${invariant}: ${id}: ${wrong}`);
    const isAttacked = !mutant || mutant.breaks.includes(OTHERS_SERVED);
    return new Set(isAttacked && !(await servesOthers(cluster, usual)) ? [...violated, OTHERS_SERVED] : violated);
  } finally {
    journal.close();
    await cluster.stop({ keepLogs: false });
  }
}

async function caught(mutant: Mutant, seed: string): Promise<boolean> {
  const broken = await violatedInvariants(mutant, seed);
  const telling = mutant.breaks.filter((invariant) => broken.has(invariant));
  const others = [...broken].filter((invariant) => !telling.includes(invariant));
  const verdict = telling.length > 0 ? "caught " : "MISSED ";
  say(
    `${verdict} ${mutant.name.padEnd(32)} ${telling.join(", ") || "nothing expected"}${others.length > 0 ? ` (and ${others.join(", ")})` : ""}`,
  );
  return telling.length > 0;
}

const { values } = parseArgs({ options: { only: { type: "string" }, seed: { type: "string", default: "1" } } });
const chosen = mutants.filter(({ name }) => values.only === undefined || values.only.split(",").includes(name));
const clean = await violatedInvariants(undefined, values.seed);
say(clean.size === 0 ? "held    without a bug" : `BROKEN  without a bug: ${[...clean].join(", ")}`);
let count = 0;
for (const mutant of chosen) if (await caught(mutant, values.seed)) count += 1;
say(`${count} of ${chosen.length} caught`);
process.exit(clean.size === 0 && count === chosen.length && chosen.length > 0 ? 0 : 1);

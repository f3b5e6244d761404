import type { NetworkKind } from "./facts.ts";

/** Names of networks through which people hide where they are. They are looked at first. */
const VPN = [
  /\bvpn\b/i,
  /vpn$/i,
  /\bproxy\b/i,
  /\bproxies\b/i,
  /\btor\b/i,
  /tunnel/i,
  /\bm247\b/i,
  /datacamp/i,
  /mullvad/i,
  /private internet/i,
  /anonymi/i,
  /packethub/i,
  /hostroyale/i,
  /31173/,
];

/** Names of networks in which servers stand, and no shoppers sit. */
const HOSTING = [
  ...[/hosting/i, /\bhost\b/i, /host(ed|er|inger|ings|s)?\b/i, /\bservers?\b/i, /data ?cent(er|re)/i, /\bvps\b/i],
  ...[/\bcolo(cation|crossing)?\b/i, /dedicated/i, /cloud/i, /\bidc\b/i],
  ...[/^amazon/i, /^google llc/i, /^microsoft corp/i, /digitalocean/i, /\bovh\b/i, /hetzner/i, /linode/i, /vultr/i],
  ...[/constant company/i, /leaseweb/i, /scaleway/i, /contabo/i, /choopa/i, /alibaba/i, /tencent/i, /oracle corp/i],
];

/**
 * Names that the patterns above would find, of networks with ordinary people behind them: those who sell lines as well,
 * and those through which the makers of phones and browsers let everybody browse privately.
 */
const ORDINARY = [
  /telecom/i,
  /telekom/i,
  /broadband/i,
  /mobile/i,
  /wireless/i,
  /\bcable\b/i,
  /\bfib(er|re)\b/i,
  /universi/i,
  /cloudflare/i,
  /akamai/i,
  /fastly/i,
  /chinanet/i,
  /telmex/i,
  /hostline/i,
];

const anyOf = (patterns: readonly RegExp[], name: string) => patterns.some((pattern) => pattern.test(name));

/** What the name of a network says about who is behind it; null: ordinary people, or nothing. */
export function classifyNetwork(name: string): NetworkKind | null {
  if (anyOf(ORDINARY, name)) return null;
  if (anyOf(VPN, name)) return "vpn";
  return anyOf(HOSTING, name) ? "hosting" : null;
}

/** Why a call fails or limps, as one cause out of what the connection, the channel and the devices say. Pure. */
import type { Reason } from "./ladder";

export type Cause = "udp-blocked" | "no-way" | "own-network" | "their-network" | "too-slow" | "lossy" | "far" | "device-lost" | "they-left";

export interface Facts {
  /** The call's connection stands, or ever stood. */
  connected: boolean;
  everConnected: boolean;
  /** Our own channel to the clinic stands. */
  online: boolean;
  /** The other side said goodbye, or is not on the channel any more. */
  left: boolean;
  /** How our relay is reached, when one is used. */
  relayProtocol: "udp" | "tcp" | "tls" | null;
  /** A camera or microphone of ours is gone. */
  deviceLost: boolean;
  /** What the ladder went down for. */
  reason: Reason;
}

/** The nearest cause that explains what is felt; null: nothing is wrong, or nobody knows. */
export function causeOf(facts: Facts): Cause | null {
  if (facts.left) return "they-left";
  if (!facts.connected) {
    if (!facts.online) return "own-network";
    return facts.everConnected ? "their-network" : "no-way";
  }
  if (facts.deviceLost) return "device-lost";
  if (facts.reason === "slow") return "too-slow";
  if (facts.reason === "loss" || facts.reason === "silent") return facts.relayProtocol === "tcp" || facts.relayProtocol === "tls" ? "udp-blocked" : "lossy";
  if (facts.reason === "delay") return facts.relayProtocol === "tcp" || facts.relayProtocol === "tls" ? "udp-blocked" : "far";
  return null;
}

